using System.Text;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>An event as Java prints Druid's map of it, <c>{page=x, tags=[a, b]}</c>, for messages. The JSON has been found valid before.</summary>
internal static unsafe class EventText
{
    private const int LongestInMessages = 100;

    /// <summary>The event's fields that are not null, objects, or arrays that hold any, cut as Druid cuts it.</summary>
    public static string Of(ReadOnlySpan<byte> json)
    {
        var text = "{" + string.Join(", ", Members(json).Where(m => !m.Value.IsHidden).Select(m => $"{m.Key}={m.Value.Text}")) + "}";
        return text.Length < LongestInMessages ? text : text[..LongestInMessages] + "...";
    }

    /// <summary>One field as Java prints it; "null" when it is not there.</summary>
    public static string Field(ReadOnlySpan<byte> json, string name) => Members(json).TryGetValue(name, out var value) ? value.Text : "null";

    private static OrderedDictionary<string, (string Text, bool IsHidden)> Members(ReadOnlySpan<byte> json)
    {
        var padded = new byte[json.Length + ParsedRow.Padding];
        json.CopyTo(padded);
        var members = new OrderedDictionary<string, (string, bool)>(StringComparer.Ordinal);
        fixed (byte* start = padded)
        {
            var at = JsonText.SkipSpace(start);
            if (*at == '{')
                Object(at, start, new byte[JsonText.MaxDepth], members);
        }

        return members;
    }

    private static byte* Object(byte* at, byte* start, byte[] open, OrderedDictionary<string, (string Text, bool IsHidden)> members)
    {
        at = JsonText.SkipSpace(at + 1);
        while (*at != '}')
        {
            at = EventScanner.Value(at, start, open, 0, isUsed: true, out var name);
            at = JsonText.SkipSpace(JsonText.SkipSpace(at) + 1);
            at = Value(at, start, open, out var text, out var isFlat, out var kind);
            members[Utf8(start, name)] = (text, !isFlat || kind is CellKind.Null or CellKind.Object);
            at = NextPart(at);
        }

        return at + 1;
    }

    private static byte* Value(byte* at, byte* start, byte[] open, out string text, out bool isFlat, out CellKind kind)
    {
        var first = at;
        at = EventScanner.Value(at, start, open, 0, isUsed: true, out var cell);
        kind = cell.Kind;
        isFlat = true;
        switch (cell.Kind)
        {
            case CellKind.Object:
                var members = new OrderedDictionary<string, (string Text, bool IsHidden)>(StringComparer.Ordinal);
                Object(first, start, open, members);
                text = "{" + string.Join(", ", members.Select(m => $"{m.Key}={m.Value.Text}")) + "}";
                break;
            case CellKind.Array:
                List<string> elements = [];
                for (first = JsonText.SkipSpace(first + 1); *first != ']'; first = NextPart(first))
                {
                    first = Value(first, start, open, out var element, out _, out var elementKind);
                    elements.Add(element);
                    isFlat &= elementKind is not (CellKind.Array or CellKind.Object);
                }

                text = "[" + string.Join(", ", elements) + "]";
                break;
            default:
                text = cell.Kind switch
                {
                    CellKind.Text => Utf8(start, cell),
                    CellKind.True => "true",
                    CellKind.False => "false",
                    CellKind.Number => cell.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    CellKind.Decimal => JavaNumber.Text(double.Parse(new ReadOnlySpan<byte>(start + cell.Value, cell.Length), System.Globalization.CultureInfo.InvariantCulture)),
                    _ => "null",
                };
                break;
        }

        return at;
    }

    private static byte* NextPart(byte* at)
    {
        at = JsonText.SkipSpace(at);
        return *at == ',' ? JsonText.SkipSpace(at + 1) : at;
    }

    private static string Utf8(byte* start, in Cell cell) => Encoding.UTF8.GetString(start + cell.Value, cell.Length);
}
