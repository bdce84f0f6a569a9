using System.Text.Json;

namespace Ingestion.Overlord.Tasks.Kill;

/// <summary>Segments whose rows a kill task has deleted in one transaction.</summary>
/// <param name="Rows">How many there were.</param>
/// <param name="Files">Of those whose files no other row names.</param>
internal sealed record KillBatch(int Rows, IReadOnlyList<UnusedSegment> Files);

/// <param name="LoadSpec">Null: it has no files.</param>
internal sealed record UnusedSegment(string Id, string ParentId, JsonElement? LoadSpec)
{
    private const string Tombstone = "tombstone";

    /// <param name="payload">Of its row.</param>
    public static UnusedSegment Read(string id, string? upgradedFrom, byte[] payload)
    {
        using var document = JsonDocument.Parse(payload);
        return new UnusedSegment(id, upgradedFrom ?? id, LoadSpecOf(document.RootElement));
    }

    /// <summary>A row's load spec; null where it has no files, as a tombstone.</summary>
    public static JsonElement? LoadSpecOf(JsonElement segment) =>
        segment.ValueKind == JsonValueKind.Object && segment.TryGetProperty("loadSpec", out var spec) && spec.ValueKind == JsonValueKind.Object
        && !(spec.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals(Tombstone)) ? spec.Clone() : null;

    /// <summary>A load spec as a text that is equal where the files are the same; empty where there are none.</summary>
    public static string FilesOf(JsonElement? loadSpec) =>
        loadSpec is { } spec ? string.Join(',', spec.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => $"{m.Name}:{m.Value.GetRawText()}")) : "";
}
