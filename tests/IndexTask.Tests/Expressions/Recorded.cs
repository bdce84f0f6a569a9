using System.Text;
using System.Text.Json;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Tests.Expressions;

/// <summary>What a real Druid 33 made of expressions and filters: see tests/record-druid/expressions.</summary>
internal static class Recorded
{
    public static IEnumerable<(string Asked, string Answer)> Lines(string file) =>
        File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "Expressions", file)).Select(line => (line[..line.LastIndexOf('\t')], line[(line.LastIndexOf('\t') + 1)..]));

    /// <summary>The rows, whose field t is their time.</summary>
    public static IReadOnlyList<MapFields> Rows { get; } = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "Expressions", "rows.jsonl")).Select(Row)];

    /// <summary>As the recorder writes values.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        string text => JsonSerializer.Serialize(text, Relaxed).Replace(@"\uD83D\uDE00", "😀", StringComparison.Ordinal),
        long => "Long:" + JavaText.Of(value),
        double => "Double:" + JavaText.Of(value),
        JsonMap => "LinkedHashMap:" + JavaText.Of(value),
        IReadOnlyList<object?> list => "[" + string.Join(", ", list.Select(Text)) + "]",
        _ => value.ToString()!,
    };

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static MapFields Row(string line)
    {
        Assert.True(JsonTree.TryReadAll(Encoding.UTF8.GetBytes(line), 1, out var values));
        return new MapFields((JsonMap)values[0]!);
    }

    internal sealed class MapFields(JsonMap map) : FieldValues
    {
        public long Time => (long)map["t"]!;

        public override IEnumerable<string> Names => map.Keys;

        public override object? Value(string name) => map.GetValueOrDefault(name);
    }
}
