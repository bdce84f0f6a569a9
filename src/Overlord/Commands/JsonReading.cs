using System.Text.Json;

namespace Ingestion.Overlord.Commands;

/// <summary>Members of answers, which another version may lack.</summary>
internal static class JsonReading
{
    public static JsonElement? Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    public static string? Text(this JsonElement json, string name) => json.Member(name) is { } member ? member.ValueKind == JsonValueKind.String ? member.GetString() : member.GetRawText() : null;

    public static long? Number(this JsonElement json, string name) => json.Member(name) is { ValueKind: JsonValueKind.Number } member && member.TryGetInt64(out var number) ? number : null;

    public static bool Flag(this JsonElement json, string name) => json.Member(name) is { ValueKind: JsonValueKind.True };

    /// <summary>The elements of an array; none where there is no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement json, string name) => json.Member(name) is { ValueKind: JsonValueKind.Array } member ? member.EnumerateArray() : [];

    /// <summary>Offsets by partition; none where there are none.</summary>
    public static IEnumerable<(string Partition, long Offset)> Offsets(this JsonElement json, string name) => json.Member(name) is { ValueKind: JsonValueKind.Object } member
        ? member.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Number).Select(m => (m.Name, m.Value.GetInt64()))
        : [];

    /// <summary>Of offsets or lags; null where there are none.</summary>
    public static long? Sum(this JsonElement json, string name) => json.Offsets(name).ToList() is { Count: > 0 } offsets ? offsets.Sum(o => o.Offset) : null;
}
