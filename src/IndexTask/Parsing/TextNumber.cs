using System.Globalization;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Numbers in strings, by Druid's rules: a dimension is strict, a metric takes thousands separators and rounds down.</summary>
internal static class TextNumber
{
    public static bool TryRead(string text, ValueKind kind, bool isMetric, out long bits)
    {
        bits = 0;
        if (isMetric)
            text = text.Trim().Replace(",", "", StringComparison.Ordinal);
        if (kind == ValueKind.Long)
        {
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out bits))
                return true;
            if (!isMetric)
                return TryReadWhole(text, out bits);
        }

        if (!TryReadDouble(text, out var value))
            return false;
        bits = Bits(value, kind);
        return true;
    }

    public static bool TryReadDouble(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value);

    /// <summary>A double as Java casts it: to a long towards zero and within its range, NaN as 0.</summary>
    public static long Bits(double value, ValueKind kind) => kind switch
    {
        ValueKind.Long => (long)value,
        ValueKind.Double => Aggregation.Bits(value),
        _ => Aggregation.Bits((float)value),
    };

    // A long dimension takes "1.0" and "1e3" but not "1.5".
    private static bool TryReadWhole(string text, out long value)
    {
        value = 0;
        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var exact)
            || exact != decimal.Truncate(exact) || exact < long.MinValue || exact > long.MaxValue)
            return false;
        value = (long)exact;
        return true;
    }
}
