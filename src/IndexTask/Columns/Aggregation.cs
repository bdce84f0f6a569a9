using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>Druid's simple aggregators over the bits that <see cref="NumberRows"/> keeps. Long sums wrap, as Java's do.</summary>
internal static class Aggregation
{
    /// <summary>Combines two values that are both present. A count is combined by adding.</summary>
    public static long Combine(AggregatorKind kind, long left, long right) => kind switch
    {
        AggregatorKind.Count or AggregatorKind.LongSum => left + right,
        AggregatorKind.LongMin => Math.Min(left, right),
        AggregatorKind.LongMax => Math.Max(left, right),
        AggregatorKind.DoubleSum => Bits(Double(left) + Double(right)),
        AggregatorKind.DoubleMin => Bits(Math.Min(Double(left), Double(right))),
        AggregatorKind.DoubleMax => Bits(Math.Max(Double(left), Double(right))),
        AggregatorKind.FloatSum => Bits(Float(left) + Float(right)),
        AggregatorKind.FloatMin => Bits(Math.Min(Float(left), Float(right))),
        AggregatorKind.FloatMax => Bits(Math.Max(Float(left), Float(right))),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The bits of a double, every NaN as the same one.</summary>
    public static long Bits(double value) => BitConverter.DoubleToInt64Bits(double.IsNaN(value) ? double.NaN : value) & (double.IsNaN(value) ? long.MaxValue : -1);

    /// <summary>The bits of a float, every NaN as the same one.</summary>
    public static long Bits(float value) => (uint)(BitConverter.SingleToInt32Bits(float.IsNaN(value) ? float.NaN : value) & (float.IsNaN(value) ? int.MaxValue : -1));

    /// <summary>The bits of a whole number as a value of some kind.</summary>
    public static long Bits(ValueKind kind, long value) => kind switch { ValueKind.Double => Bits((double)value), ValueKind.Float => Bits((float)value), _ => value };

    public static double Double(long bits) => BitConverter.Int64BitsToDouble(bits);

    public static float Float(long bits) => BitConverter.Int32BitsToSingle((int)bits);
}
