using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

internal enum ComparisonKind { Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual }

/// <summary>Arithmetic and comparisons. Null on a side is null; two texts are texts, two longs longs, anything else doubles.</summary>
internal static class BinaryOperators
{
    public static Value Compute(char symbol, in Value left, in Value right)
    {
        if (left.IsNull || right.IsNull)
            return Value.Null;
        switch (CommonType(left, right))
        {
            case ExpressionType.String when symbol == '+':
                return Value.Of(left.AsText + right.AsText);
            case ExpressionType.String:
                throw new ExpressionException($"operator '{symbol}' is not supported on type STRING.");
            case ExpressionType.Long:
                return Value.Of(Compute(symbol, left.AsLong, right.AsLong));
            default:
                return left.IsNumericNull || right.IsNumericNull ? Value.Null : Value.Of(Compute(symbol, left.AsDouble, right.AsDouble));
        }
    }

    public static Value Compare(ComparisonKind kind, in Value left, in Value right)
    {
        if (left.IsNull || right.IsNull)
            return Value.NullOf(ExpressionType.Long);
        if (left.IsArray && right.IsArray)
            return Value.Of(Holds(kind, CompareArrays(left, right)));
        switch (CommonType(left, right))
        {
            case ExpressionType.String:
                return Value.Of(Holds(kind, string.CompareOrdinal(left.AsText, right.AsText)));
            case ExpressionType.Long:
                return Value.Of(Holds(kind, left.AsLong.CompareTo(right.AsLong)));
        }

        if (left.IsNumericNull || right.IsNumericNull)
            return Value.NullOf(ExpressionType.Long);
        var (a, b) = (left.AsDouble, right.AsDouble);
        return Value.Of(kind switch { ComparisonKind.Equal => a == b, ComparisonKind.NotEqual => a != b, _ => Holds(kind, CompareDoubles(a, b)) });
    }

    /// <summary>Java's <c>Double.compare</c>: -0.0 before 0.0, NaN behind everything.</summary>
    public static int CompareDoubles(double a, double b)
    {
        if (double.IsNaN(a) || double.IsNaN(b))
            return double.IsNaN(a).CompareTo(double.IsNaN(b));
        return a == 0 && b == 0 ? double.IsNegative(b).CompareTo(double.IsNegative(a)) : a.CompareTo(b);
    }

    public static int CompareElements(object? a, object? b) => (a, b) switch
    {
        (null, _) or (_, null) => (a is null ? 0 : 1).CompareTo(b is null ? 0 : 1),
        (long x, long y) => x.CompareTo(y),
        (double x, double y) => CompareDoubles(x, y),
        _ => string.CompareOrdinal((string)a, (string)b),
    };

    /// <summary>The type of a binary function: string for two texts, long for two longs, else double. A null takes the other's.</summary>
    public static ExpressionType CommonType(in Value left, in Value right)
    {
        if (left.Type == ExpressionType.String && right.Type == ExpressionType.String)
            return ExpressionType.String;
        var type = left.IsNull ? right.Type : left.Type;
        var other = right.IsNull ? type : right.Type;
        return type == ExpressionType.Long && other == ExpressionType.Long ? ExpressionType.Long : ExpressionType.Double;
    }

    private static int CompareArrays(in Value left, in Value right)
    {
        var (a, b) = (left.Type.ElementType(), right.Type.ElementType());
        var type = (a == b ? a : a == ExpressionType.String || b == ExpressionType.String ? ExpressionType.String : ExpressionType.Double).ArrayType();
        var (first, second) = (left.CastTo(type).AsArray!, right.CastTo(type).AsArray!);
        for (var i = 0; i < Math.Min(first.Length, second.Length); i++)
        {
            if (CompareElements(first[i], second[i]) is var compared and not 0)
                return compared;
        }

        return first.Length.CompareTo(second.Length);
    }

    private static bool Holds(ComparisonKind kind, int compared) => kind switch
    {
        ComparisonKind.Less => compared < 0,
        ComparisonKind.LessOrEqual => compared <= 0,
        ComparisonKind.Greater => compared > 0,
        ComparisonKind.GreaterOrEqual => compared >= 0,
        ComparisonKind.Equal => compared == 0,
        _ => compared != 0,
    };

    private static long Compute(char symbol, long a, long b) => symbol switch
    {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => Divide(a, b),
        '%' => b switch { 0 => throw new ExpressionException("/ by zero"), -1 => 0, _ => a % b },
        _ => Power(a, b),
    };

    private static double Compute(char symbol, double a, double b) => symbol switch
    {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        '%' => a % b,
        _ => Power(a, b),
    };

    public static long Divide(long a, long b) => b switch { 0 => throw new ExpressionException("/ by zero"), -1 => unchecked(-a), _ => a / b };

    // Java's: 1 to the power of NaN or infinity is NaN.
    public static double Power(double a, double b) => double.IsNaN(b) || (Math.Abs(a) == 1 && double.IsInfinity(b)) ? double.NaN : Math.Pow(a, b);

    private static long Power(long a, long b)
    {
        if (b is < 0 or > int.MaxValue)
            throw new ExpressionException(b < 0 ? $"exponent ({b}) must be >= 0" : $"Out of range: {b}");
        long power = 1;
        for (; b > 0; b >>= 1, a *= a)
        {
            if ((b & 1) == 1)
                power *= a;
        }

        return power;
    }
}
