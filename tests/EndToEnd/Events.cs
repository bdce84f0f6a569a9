using System.Text.Json;
using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

/// <summary>The sample's events, and what must come of them.</summary>
internal static class Events
{
    public static readonly IReadOnlyList<byte[]> Sample = [.. Embedded.Sample.Read(Embedded.Sample.Find())];

    /// <summary>Fails unless the rows are exactly these events, each once: compared as multisets of all columns.</summary>
    public static void AssertExactly(IEnumerable<byte[]> events, IEnumerable<IReadOnlyDictionary<string, object?>> rows)
    {
        var expected = Count(events.Select(Expected));
        var actual = Count(rows.Select(Actual));
        var missing = expected.Where(e => actual.GetValueOrDefault(e.Key) < e.Value).Take(3).Select(e => $"{e.Value} x {e.Key}, found {actual.GetValueOrDefault(e.Key)}").ToList();
        var surplus = actual.Where(e => expected.GetValueOrDefault(e.Key) < e.Value).Take(3).Select(e => $"{e.Value} x {e.Key}, expected {expected.GetValueOrDefault(e.Key)}").ToList();
        Assert.True(missing.Count == 0 && surplus.Count == 0,
            $"expected {expected.Values.Sum()} rows, found {actual.Values.Sum()}\nmissing:\n{string.Join('\n', missing)}\ntoo many:\n{string.Join('\n', surplus)}");
    }

    private static Dictionary<string, int> Count(IEnumerable<string> keys) => keys.CountBy(k => k).ToDictionary(StringComparer.Ordinal);

    private static string Expected(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return string.Join('|', document.RootElement.EnumerateObject().OrderBy(p => p.Name == "time" ? "__time" : p.Name, StringComparer.Ordinal).Select(p => p.Name == "time"
            ? $"__time={p.Value.GetDateTimeOffset().ToUnixTimeMilliseconds()}"
            : $"{p.Name}={p.Value.ValueKind switch { JsonValueKind.Null => "", JsonValueKind.True => "true", JsonValueKind.False => "false", _ => p.Value.ToString() }}"));
    }

    private static string Actual(IReadOnlyDictionary<string, object?> row) =>
        string.Join('|', row.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{c.Key}={c.Value}")));
}
