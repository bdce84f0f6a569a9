using System.Globalization;
using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Druid's cast of a scalar, by <c>castToType</c>: what has no value of the type is null.</summary>
internal static class ScalarCast
{
    /// <param name="cell">As scanned; no list or object.</param>
    /// <param name="kind">String, long or double.</param>
    public static Cell Of(ParsedRow row, Cell cell, ValueKind kind)
    {
        if (cell.Kind is CellKind.True or CellKind.False)
            cell = Cell.Number(cell.Kind == CellKind.True ? 1 : 0);
        if (cell.Kind == CellKind.Null)
            return default;
        if (kind == ValueKind.String)
            return CellConversion.ToText(row, cell);
        if (cell.Kind == CellKind.Number)
            return Cell.Number(kind == ValueKind.Long ? cell.Value : TextNumber.Bits(cell.Value, kind));
        var text = Encoding.UTF8.GetString(row.TextOf(cell));
        if (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text.Equals("false", StringComparison.OrdinalIgnoreCase))
            return Cell.Number(TextNumber.Bits(text.Length == 4 ? 1 : 0, kind));
        if (kind == ValueKind.Long && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            return Cell.Number(integer);
        return TextNumber.TryReadDouble(text, out var real) ? Cell.Number(TextNumber.Bits(real, kind)) : default;
    }
}
