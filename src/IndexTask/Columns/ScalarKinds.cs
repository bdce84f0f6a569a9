using System.Globalization;
using System.Text;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>What a dimension whose type is found out has held. Its values are kept as text, from which numbers read back exactly.</summary>
[Flags]
internal enum ScalarKinds : byte
{
    None = 0,
    Long = 1,
    Double = 2,
    Text = 4,
}

internal static class ScalarKindsType
{
    /// <summary>The type of Druid's auto columns: long or double where all values are, a double also where there are both; else string.</summary>
    public static ValueKind Type(this ScalarKinds kinds) => kinds switch
    {
        ScalarKinds.Long => ValueKind.Long,
        ScalarKinds.Double or ScalarKinds.Long | ScalarKinds.Double => ValueKind.Double,
        _ => ValueKind.String,
    };

    /// <summary>The bits that <see cref="NumberRows"/> keeps of a value's text.</summary>
    public static long Bits(ValueKind type, ReadOnlySpan<byte> text) => type == ValueKind.Long
        ? long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
        : Aggregation.Bits(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
}
