using System.Text;
using System.Text.Json;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>Thousands of generated and damaged documents against System.Text.Json.</summary>
public sealed class JsonDifferentialTests
{
    private static readonly string[] Names = ["a", "b", "c", "long name of a field that passes a vector", "é", "q\"uote", "x"];
    private static readonly string[] Dimensions = ["a", "b", "é", "q\"uote"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Values_and_refusals_agree_with_another_parser(int seed)
    {
        var random = new Random(seed);
        var parser = new EventParser(Ingested.Schema(string.Join(' ', Dimensions)) with { Timestamp = new("time", "auto", 0) });
        var row = new ParsedRow();
        var accepted = 0;
        for (var i = 0; i < 4000; i++)
        {
            var json = Encoding.UTF8.GetBytes(Document(random));
            for (var damages = random.Next(3); damages > 0 && json.Length > 0; damages--)
                json = Damage(random, json);
            var expected = Expected(json);
            var result = parser.Parse(json, row);
            var actual = result is { Outcome: ParseOutcome.Row, HasMore: false } ? Dimensions.Select((_, d) => Text(row, row.Cells[ParsedRow.FirstMetric + d])).ToArray() : null;
            Assert.True(expected is null == actual is null, $"{(expected is null ? "should be refused" : "should be taken")}: {Encoding.UTF8.GetString(json)}");
            if (expected is null || expected.Contains("?"))
                continue;
            Assert.Equal(expected, actual);
            accepted++;
        }

        Assert.InRange(accepted, 1000, 3999);
    }

    private static string?[]? Expected(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1000 });
            return [.. Dimensions.Select(d => document.RootElement.ValueKind == JsonValueKind.Object ? Member(document.RootElement, d) : "null")];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // "?" where the other parser has no answer: a lone surrogate, or bytes that are not UTF-8.
    private static string Member(JsonElement root, string name)
    {
        try
        {
            var text = "null";
            foreach (var member in root.EnumerateObject())
            {
                if (member.Name == name)
                    text = Value(member.Value, inList: false);
            }

            return text;
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }

    private static string Value(JsonElement value, bool inList) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True => "'true'",
        JsonValueKind.False => "'false'",
        JsonValueKind.String => $"'{value.GetString()}'",
        JsonValueKind.Number => $"'{(value.TryGetInt64(out var whole) ? whole.ToString() : JavaNumber.Text(value.GetDouble()))}'",
        JsonValueKind.Array when !inList => $"[{string.Join(',', value.EnumerateArray().Select(e => Value(e, inList: true)))}]",
        _ => $"'{value.GetRawText()}'",
    };

    private static string Text(ParsedRow row, in Cell cell)
    {
        switch (cell.Kind)
        {
            case CellKind.Null:
                return "null";
            case CellKind.List:
                List<string> elements = [];
                foreach (var element in row.ElementsOf(cell))
                    elements.Add(Text(row, element));
                return $"[{string.Join(',', elements)}]";
            case CellKind.Text:
                return $"'{Encoding.UTF8.GetString(row.TextOf(cell))}'";
            default:
                return $"'{cell.Kind.ToString().ToLowerInvariant()}'";
        }
    }

    private static byte[] Damage(Random random, byte[] json)
    {
        var at = random.Next(json.Length);
        const string likely = "{}[]\",:\\u0123eE+-. tfn\n\0";
        switch (random.Next(5))
        {
            case 0:
                return json[..at];
            case 1:
                return [.. json[..at], .. json[(at + 1)..]];
            case 2:
                return [.. json[..at], (byte)likely[random.Next(likely.Length)], .. json[at..]];
            case 3:
                json[at] = (byte)likely[random.Next(likely.Length)];
                return json;
            default:
                json[at] = (byte)random.Next(256);
                return json;
        }
    }

    private static string Document(Random random)
    {
        var members = Enumerable.Range(0, random.Next(8)).Select(_ => $"{Quoted(random, Names[random.Next(Names.Length)])}{Space(random)}:{Space(random)}{Json(random, 0)}");
        return $"{Space(random)}{{{Space(random)}{string.Join($"{Space(random)},{Space(random)}", members)}{Space(random)}}}{Space(random)}";
    }

    private static string Space(Random random) => random.Next(6) == 0 ? " \n\t\r"[random.Next(4)..] : "";

    private static string Json(Random random, int depth) => random.Next(depth > 3 ? 8 : 11) switch
    {
        0 => "null",
        1 => "true",
        2 => "false",
        3 => random.NextInt64(long.MinValue, long.MaxValue).ToString().AsSpan(0, random.Next(3, 18)).TrimEnd('-').ToString(),
        4 => (random.NextDouble() * Math.Pow(10, random.Next(-20, 20))).ToString("R"),
        5 => $"-{random.Next(100)}.{random.Next(100)}e{random.Next(-5, 5)}",
        6 or 7 => Quoted(random, Word(random)),
        8 or 9 => $"[{Space(random)}{string.Join($"{Space(random)},", Enumerable.Range(0, random.Next(4)).Select(_ => Json(random, depth + 1)))}{Space(random)}]",
        _ => $"{{{Space(random)}{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => $"{Quoted(random, Word(random))}:{Json(random, depth + 1)}"))}}}",
    };

    private static string Word(Random random)
    {
        var text = new StringBuilder();
        for (var length = random.Next(5) == 0 ? random.Next(100) : random.Next(8); length > 0; length--)
            text.Append("abc 019\"\\/\n\té\u20ac\U0001F600\u007f\uE000"[random.Next(15)..][..1]);
        return string.Concat(text.ToString().EnumerateRunes().Where(r => r.Value != 0xFFFD));
    }

    private static string Quoted(Random random, string text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\' && random.Next(2) == 0)
                json.Append('\\').Append(c);
            else if (c < ' ' || c is '"' or '\\' || random.Next(20) == 0)
                json.Append($"\\u{(int)c:x4}");
            else
                json.Append(c);
        }

        return json.Append('"').ToString();
    }
}
