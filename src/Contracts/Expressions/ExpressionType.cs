namespace Ingestion.Contracts.Expressions;

/// <summary>Types of values; arrays hold one of the first three. <see cref="Complex"/> is an object or a list of lists of the event, which expressions can only hand on.</summary>
public enum ExpressionType { String, Long, Double, StringArray, LongArray, DoubleArray, Complex }

public static class ExpressionTypes
{
    /// <summary>Reads a name of a type as <c>cast</c> takes it, in any case.</summary>
    public static bool TryRead(string? name, out ExpressionType type)
    {
        (var isKnown, type) = name?.ToUpperInvariant() switch
        {
            "STRING" => (true, ExpressionType.String),
            "LONG" => (true, ExpressionType.Long),
            "DOUBLE" => (true, ExpressionType.Double),
            "ARRAY<STRING>" => (true, ExpressionType.StringArray),
            "ARRAY<LONG>" => (true, ExpressionType.LongArray),
            "ARRAY<DOUBLE>" => (true, ExpressionType.DoubleArray),
            _ => (false, default),
        };
        return isKnown;
    }

    public static bool IsArray(this ExpressionType type) => type is ExpressionType.StringArray or ExpressionType.LongArray or ExpressionType.DoubleArray;

    public static ExpressionType ElementType(this ExpressionType type) => type.IsArray() ? type - (int)ExpressionType.StringArray : type;

    public static ExpressionType ArrayType(this ExpressionType type) => type < ExpressionType.StringArray ? type + (int)ExpressionType.StringArray : type;
}
