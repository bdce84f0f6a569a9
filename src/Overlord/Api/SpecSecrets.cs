using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;

namespace Ingestion.Overlord.Api;

/// <summary>Posted specs that were shown before: masks stand for the secrets of the spec that is stored, so that GET, edit and POST work.</summary>
internal static class SpecSecrets
{
    private static readonly byte[] Mask = Encoding.UTF8.GetBytes(ConsumerSecrets.Mask);

    /// <param name="stored">Finds the spec of a supervisor that is not terminated, by its id.</param>
    /// <returns>The body to read: the posted one where it has no mask, and where it is not JSON, which its reader says better.</returns>
    public static (ReadOnlyMemory<byte> Body, IReadOnlyList<SpecProblem> Problems) Restored(ReadOnlyMemory<byte> posted, Func<string, string?> stored)
    {
        if (posted.Span.IndexOf(Mask) < 0) return (posted, []);
        try
        {
            using var document = JsonDocument.Parse(posted);
            var (json, problems) = ConsumerSecrets.Restored(document.RootElement, IdOf(document.RootElement) is { } id ? stored(id) : null);
            return (Encoding.UTF8.GetBytes(json), problems);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return (posted, []); }
    }

    private static string? IdOf(JsonElement spec) => Text(spec, "id") ?? Text(spec, "spec", "dataSchema", "dataSource") ?? Text(spec, "dataSchema", "dataSource");

    private static string? Text(JsonElement json, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out json)) return null;
        return json.ValueKind == JsonValueKind.String ? json.GetString() : null;
    }
}
