using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// Turns cells as scanned into what their columns take, by Druid's rules. A value that cannot be converted becomes null and leaves a
/// message. Objects in string dimensions keep their JSON text, where Druid has Java's <c>{a=1}</c>.
/// </summary>
internal sealed class CellConversion(IReadOnlyList<FieldTable.Target> targets)
{
    private readonly byte[] open = new byte[JsonText.MaxDepth];

    /// <returns>Messages, or null.</returns>
    public List<string>? Convert(ParsedRow row)
    {
        List<string>? messages = null;
        var ofDimensions = 0; // Druid tells about dimensions first
        for (var i = 0; i < targets.Count; i++)
        {
            var target = targets[i];
            ref var cell = ref row.Cells[target.Cell];
            if (cell.Kind is CellKind.Null or CellKind.NamedNull)
                continue;
            if (target.Kind == ValueKind.String && target.IsMetric)
            {
                cell = ToJavaText(row, cell);
            }
            else if (target.Typing == DimensionTyping.Seen)
            {
                ToScalar(row, target.Cell);
            }
            else if (target.Typing == DimensionTyping.Cast)
            {
                if (!TryCast(row, target))
                    (messages ??= []).Insert(ofDimensions++, $"Cannot coerce column [{target.Field}] input to requested type [{target.Kind.ToString().ToUpperInvariant()}]");
            }
            else if (target.Kind == ValueKind.String)
            {
                ToStrings(row, target.Cell);
            }
            else if (TryNumber(row, target, cell, out var bits))
            {
                cell = Cell.Number(bits);
            }
            else
            {
                messages ??= [];
                messages.Insert(target.IsMetric ? messages.Count : ofDimensions++, Message(row, target, cell));
                cell = target.IsTimed ? new Cell { Kind = CellKind.Unusable } : default;
            }
        }

        return messages;
    }

    // Druid takes true for 1 in columns whose type it finds out.
    private void ToScalar(ParsedRow row, int at)
    {
        var cell = row.Cells[at];
        if (cell.Kind == CellKind.Array)
        {
            ToStrings(row, at);
            return;
        }

        var text = cell.Kind is CellKind.True or CellKind.False ? ToText(row, Cell.Number(cell.Kind == CellKind.True ? 1 : 0)) : ToText(row, cell);
        text.Kind = cell.Kind switch { CellKind.Number or CellKind.True or CellKind.False => CellKind.LongText, CellKind.Decimal => CellKind.DoubleText, _ => CellKind.PlainText };
        row.Cells[at] = text;
    }

    /// <returns>False: it is not a scalar, nor a list of one; the cell is null then.</returns>
    private bool TryCast(ParsedRow row, FieldTable.Target target)
    {
        var cell = row.Cells[target.Cell];
        row.Cells[target.Cell] = default;
        if (cell.Kind == CellKind.Array)
        {
            var next = (int)cell.Value + 1;
            var end = (int)cell.Value + cell.Length - 1;
            if (!TryElement(row, ref next, end, out cell) || TryElement(row, ref next, end, out _))
                return false;
        }

        if (cell.Kind == CellKind.Object)
            return false;
        row.Cells[target.Cell] = ScalarCast.Of(row, cell, target.Kind);
        return true;
    }

    private void ToStrings(ParsedRow row, int at)
    {
        var cell = row.Cells[at];
        if (cell.Kind != CellKind.Array)
        {
            row.Cells[at] = ToText(row, cell);
            return;
        }

        var (first, next, end) = (row.ElementCount, (int)cell.Value + 1, (int)cell.Value + cell.Length - 1);
        while (TryElement(row, ref next, end, out var element))
            row.AddElement(element);
        var count = row.ElementCount - first;
        row.Cells[at] = new Cell { Kind = CellKind.List, Value = first, Length = count };
    }

    // Text with escapes is decoded elsewhere, because another column may want the array too.
    private unsafe bool TryElement(ParsedRow row, ref int next, int end, out Cell element)
    {
        element = default;
        fixed (byte* start = row.Buffer)
        {
            var at = JsonText.SkipSpace(start + next);
            if (at >= start + end)
                return false;
            var after = JsonText.SkipSpace(EventScanner.Value(at, start, open, depth: 0, isUsed: false, out element));
            next = (int)(after - start) + (*after == ',' ? 1 : 0);
        }

        if (element.Kind == CellKind.Text && row.TextOf(element).Contains((byte)'\\'))
        {
            var decoded = row.TextOf(element).ToArray();
            element = row.AddText(decoded.AsSpan(0, JsonEscapes.Decode(decoded)));
        }
        else
        {
            element = ToText(row, element);
        }

        return true;
    }

    // Lists and objects too are what Java makes of them: [a, b], {k=1}.
    private static Cell ToJavaText(ParsedRow row, in Cell cell) =>
        cell.Kind is CellKind.Array or CellKind.Object && JsonTree.TryReadAll(row.TextOf(cell), 1, out var values) ? row.AddText(JavaText.Of(values[0])) : ToText(row, cell);

    internal static Cell ToText(ParsedRow row, in Cell cell)
    {
        switch (cell.Kind)
        {
            case CellKind.Number:
                Span<byte> digits = stackalloc byte[20];
                Utf8Formatter.TryFormat(cell.Value, digits, out var length);
                return row.AddText(digits[..length]);
            case CellKind.Decimal:
                return row.AddText(Encoding.ASCII.GetBytes(JavaNumber.Text(Double(row, cell))));
            case CellKind.Array or CellKind.Object:
                return Cell.Text((int)cell.Value, cell.Length);
            default:
                return cell;
        }
    }

    private static double Double(ParsedRow row, in Cell cell) => double.Parse(row.TextOf(cell), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool TryNumber(ParsedRow row, FieldTable.Target target, in Cell cell, out long bits)
    {
        bits = 0;
        double real;
        switch (cell.Kind)
        {
            case CellKind.Number when target.Kind == ValueKind.Long:
                bits = cell.Value;
                return true;
            case CellKind.Number:
                bits = target.Kind == ValueKind.Double ? Aggregation.Bits((double)cell.Value) : Aggregation.Bits((float)cell.Value);
                return true;
            case CellKind.Decimal:
                real = Double(row, cell);
                break;
            // Druid takes a Boolean for a long, and for no float or double.
            case CellKind.True or CellKind.False when !target.IsMetric && target.Kind == ValueKind.Long:
                bits = cell.Kind == CellKind.True ? 1 : 0;
                return true;
            case CellKind.Text:
                return TextNumber.TryRead(Encoding.UTF8.GetString(row.TextOf(cell)), target.Kind, target.IsMetric, out bits);
            default:
                return false;
        }

        bits = TextNumber.Bits(real, target.Kind);
        return true;
    }

    private static string Message(ParsedRow row, FieldTable.Target target, in Cell cell)
    {
        var type = target.Kind.ToString().ToLowerInvariant();
        var text = cell.Kind switch { CellKind.True => "true", CellKind.False => "false", _ => Encoding.UTF8.GetString(row.TextOf(ToJavaText(row, cell))) };
        var javaClass = cell.Kind switch { CellKind.True or CellKind.False => "class java.lang.Boolean", CellKind.Array => "class java.util.ArrayList", _ => "class java.util.LinkedHashMap" };
        return (cell.Kind, target.IsMetric) switch
        {
            (CellKind.Text, true) => $"Unable to parse value[{text}] for field[{target.Field}]",
            (_, true) => $"Unknown type[{javaClass}] for field[{target.Field}]",
            (CellKind.Text, false) => $"Could not convert value [{text}] to {type} for dimension [{target.Field}].",
            (CellKind.Array, false) => $"Could not ingest value [{text}] as {type} for dimension [{target.Field}]. A {type} column cannot have multiple values in the same row.",
            _ => $"Could not convert value [{text}] to {type} for dimension [{target.Field}]. Invalid type: [{javaClass}]",
        };
    }
}
