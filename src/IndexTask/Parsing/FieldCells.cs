using System.Text;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Puts fields into the cells of a row, finding new dimensions on the way.</summary>
internal sealed class FieldCells
{
    private readonly FieldTable fields;
    private readonly CellConversion conversion;

    public FieldCells(FieldTable fields)
    {
        this.fields = fields;
        conversion = new CellConversion(fields.Targets);
    }

    public void Begin(ParsedRow row)
    {
        row.Begin(default, fields.CellCount);
        row.DiscoveredDimensions = fields.Discovered;
    }

    /// <summary>Fills every cell but the time's.</summary>
    /// <returns>Messages about values that could not be converted, or null.</returns>
    public List<string>? Fill(FieldValues values, ParsedRow row)
    {
        if (fields.Discovers)
            Discover(values, row);
        foreach (var target in fields.Targets)
        {
            if (values.Value(target.Field) is { } value)
                row.Cells[target.Cell] = Cell(value, row);
        }

        return conversion.Convert(row);
    }

    /// <summary>A value as if it had been scanned from JSON: what conversion takes.</summary>
    public static Cell Cell(object? value, ParsedRow row) => value switch
    {
        null => default,
        string text => row.AddText(text),
        long number => Columns.Cell.Number(number),
        bool flag => new Cell { Kind = flag ? CellKind.True : CellKind.False },
        double number => Of(CellKind.Decimal, JavaText.Of(number), row),
        IReadOnlyList<object?> list => Of(CellKind.Array, JsonWriting.Of(list), row),
        _ => Of(CellKind.Object, JsonWriting.Of(value), row),
    };

    private static Cell Of(CellKind kind, string text, ParsedRow row)
    {
        var cell = row.AddText(text);
        cell.Kind = kind;
        return cell;
    }

    private void Discover(FieldValues values, ParsedRow row)
    {
        foreach (var name in values.Discoverable)
        {
            var key = fields.Find(Encoding.UTF8.GetBytes(name));
            if (key.IsDiscoverable)
            {
                fields.Discover(key);
                row.SetCellCount(fields.CellCount);
            }

            if (key.KeepsNull)
                row.Cells[key.Cell].Kind = CellKind.NamedNull;
        }
    }
}
