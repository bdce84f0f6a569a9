using System.Globalization;
using System.Numerics;
using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions of numbers. Of texts, and of null, they are null; those of two numbers take longs as longs where both are.</summary>
internal static class MathFunctions
{
    public static readonly Dictionary<string, Func<Value, Value>> Unary = new(StringComparer.Ordinal)
    {
        ["abs"] = v => Number(v, n => Value.Of(n < 0 ? -n : n), d => Value.Of(Math.Abs(d))),
        ["acos"] = v => Real(v, Math.Acos), ["asin"] = v => Real(v, Math.Asin), ["atan"] = v => Real(v, Math.Atan), ["cbrt"] = v => Real(v, Math.Cbrt), ["ceil"] = v => Real(v, Math.Ceiling),
        ["cos"] = v => Real(v, Math.Cos), ["cosh"] = v => Real(v, Math.Cosh), ["cot"] = v => Real(v, d => Math.Cos(d) / Math.Sin(d)), ["exp"] = v => Real(v, Math.Exp), ["expm1"] = v => Real(v, SmallExponent),
        ["floor"] = v => Real(v, Math.Floor), ["log"] = v => Real(v, Math.Log), ["log10"] = v => Real(v, Math.Log10), ["log1p"] = v => Real(v, SmallLogarithm), ["nextup"] = v => Real(v, d => d == 0 ? double.Epsilon : Math.BitIncrement(d)),
        ["rint"] = v => Real(v, d => Math.Round(d, MidpointRounding.ToEven)), ["signum"] = v => Real(v, d => double.IsNaN(d) || d == 0 ? d : Math.Sign(d)), ["sin"] = v => Real(v, Math.Sin), ["sinh"] = v => Real(v, Math.Sinh),
        ["sqrt"] = v => Real(v, Math.Sqrt), ["tan"] = v => Real(v, Math.Tan), ["tanh"] = v => Real(v, Math.Tanh), ["todegrees"] = v => Real(v, d => d * (180 / Math.PI)), ["toradians"] = v => Real(v, d => d * (Math.PI / 180)),
        ["ulp"] = v => Real(v, d => double.IsInfinity(d) ? double.PositiveInfinity : Math.Abs(d) == double.MaxValue ? Math.ScaleB(1, 971) : Math.BitIncrement(Math.Abs(d)) - Math.Abs(d)),
        ["getexponent"] = v => Number(v, n => Value.Of((long)Exponent(n)), d => Value.Of((long)Exponent(d))),
        ["bitwisecomplement"] = v => Whole(v, n => Value.Of(~n)),
        ["bitwiseconvertlongbitstodouble"] = v => Whole(v, n => Value.Of(BitConverter.Int64BitsToDouble(n))),
        ["bitwiseconvertdoubletolongbits"] = v => Number(v, n => Value.Of(BitConverter.DoubleToInt64Bits(n)), d => Value.Of(double.IsNaN(d) ? 0x7FF8_0000_0000_0000 : BitConverter.DoubleToInt64Bits(d))),
    };

    public static readonly Dictionary<string, Func<Value, Value, Value>> Binary = new(StringComparer.Ordinal)
    {
        ["atan2"] = (a, b) => Real(a, b, Math.Atan2), ["copysign"] = (a, b) => Real(a, b, (x, y) => double.IsNaN(y) ? Math.Abs(x) : Math.CopySign(x, y)), ["hypot"] = (a, b) => Real(a, b, double.Hypot), ["pow"] = (a, b) => Real(a, b, BinaryOperators.Power),
        ["remainder"] = (a, b) => Real(a, b, Math.IEEERemainder), ["nextafter"] = (a, b) => Real(a, b, NextAfter),
        ["div"] = (a, b) => Number(a, b, (x, y) => Value.Of(BinaryOperators.Divide(x, y)), (x, y) => Value.Of((long)(x / y))),
        ["max"] = (a, b) => Number(a, b, (x, y) => Value.Of(Math.Max(x, y)), (x, y) => Value.Of(Math.Max(x, y))),
        ["min"] = (a, b) => Number(a, b, (x, y) => Value.Of(Math.Min(x, y)), (x, y) => Value.Of(Math.Min(x, y))),
        ["safe_divide"] = (a, b) => Number(a, b, SafeDivide, SafeDivide),
        ["scalb"] = (a, b) => IsNone(a, b) ? Value.Null : Value.Of(Math.ScaleB(a.AsDouble, b.AsInt)),
        ["bitwiseand"] = (a, b) => Bits(a, b, (x, y) => x & y), ["bitwiseor"] = (a, b) => Bits(a, b, (x, y) => x | y), ["bitwisexor"] = (a, b) => Bits(a, b, (x, y) => x ^ y),
        ["bitwiseshiftleft"] = (a, b) => Bits(a, b, (x, y) => x << (int)y), ["bitwiseshiftright"] = (a, b) => Bits(a, b, (x, y) => x >> (int)y),
    };

    public static Value Round(Value[] arguments)
    {
        var value = arguments[0];
        if (value.IsNumericNull)
            return Value.Null;
        if (value.Type is not (ExpressionType.Long or ExpressionType.Double))
            throw new ExpressionException($"Function[round] first argument should be a LONG or DOUBLE but got {Value.Name(value.Type)} instead");
        if (arguments.Length > 1 && arguments[1].Type != ExpressionType.Long)
            throw new ExpressionException($"Function[round] second argument should be a LONG but got {Value.Name(arguments[1].Type)} instead");
        var scale = arguments.Length > 1 ? arguments[1].AsInt : 0;
        if (value.Type == ExpressionType.Long)
        {
            var rounded = new ShortestDecimal(value.AsLong, 0).Rounded(Math.Min(scale, 0));
            var whole = rounded.Digits * BigInteger.Pow(10, -rounded.Scale);
            return Value.Of(unchecked((long)(ulong)(whole & ulong.MaxValue)));
        }

        var real = value.AsDouble;
        return Value.Of(double.IsNaN(real) ? 0 : double.IsInfinity(real) ? Math.CopySign(double.MaxValue, real) : ShortestDecimal.Of(real).Rounded(scale).Value);
    }

    public static Value ParseLong(Value[] arguments)
    {
        var radix = arguments.Length > 1 ? arguments[1].AsInt : 10;
        var text = arguments[0].AsText;
        if (text is null || radix is < 2 or > 36)
            return Value.NullOf(ExpressionType.Long);
        if (radix == 16 && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        var isNegative = text.StartsWith('-');
        var digits = text.AsSpan(text.Length > 0 && text[0] is '-' or '+' ? 1 : 0);
        BigInteger number = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiLetter(c) ? (c | 0x20) - 'a' + 10 : char.IsDigit(c) ? CharUnicodeInfo.GetDecimalDigitValue(c) : 99;
            number = (number * radix) + digit;
            if (digit >= radix || number > (BigInteger)long.MaxValue + 1)
                return Value.NullOf(ExpressionType.Long);
        }

        number = isNegative ? -number : number;
        return digits.Length == 0 || number > long.MaxValue ? Value.NullOf(ExpressionType.Long) : Value.Of((long)number);
    }

    private static Value Number(in Value v, Func<long, Value> whole, Func<double, Value> real) =>
        v.IsNumericNull ? Value.Null : v.Type switch { ExpressionType.Long => whole(v.AsLong), ExpressionType.Double => real(v.AsDouble), _ => Value.Null };

    private static Value Real(in Value v, Func<double, double> real) => v.IsNumericNull || v.Type is not (ExpressionType.Long or ExpressionType.Double) ? Value.Null : Value.Of(real(v.AsDouble));

    private static Value Whole(in Value v, Func<long, Value> whole)
    {
        if (v is { IsNull: false, Type: ExpressionType.Double } && v.AsDouble is < long.MinValue or > long.MaxValue)
            throw new ExpressionException($"Possible data truncation, param [{v.AsText}] is out of LONG value range");
        return Number(v, whole, d => whole((long)d));
    }

    private static bool IsNone(in Value a, in Value b) => a.IsNull || b.IsNull || BinaryOperators.CommonType(a, b) == ExpressionType.String;

    private static Value Number(in Value a, in Value b, Func<long, long, Value> whole, Func<double, double, Value> real)
    {
        if (IsNone(a, b))
            return Value.Null;
        return BinaryOperators.CommonType(a, b) == ExpressionType.Long ? whole(a.AsLong, b.AsLong) : real(a.AsDouble, b.AsDouble);
    }

    private static Value Real(in Value a, in Value b, Func<double, double, double> real) => IsNone(a, b) ? Value.Null : Value.Of(real(a.AsDouble, b.AsDouble));

    private static Value Bits(in Value a, in Value b, Func<long, long, long> whole) => IsNone(a, b) ? Value.Null : Value.Of(whole(a.AsLong, b.AsLong));

    private static Value SafeDivide(long x, long y) => y != 0 ? Value.Of(BinaryOperators.Divide(x, y)) : Value.NullOf(ExpressionType.Long);

    private static Value SafeDivide(double x, double y) => y != 0 && !double.IsNaN(y) ? Value.Of(x / y) : x != 0 ? Value.NullOf(ExpressionType.Double) : Value.Of(0.0);

    private static int Exponent(double d) => double.IsNaN(d) || double.IsInfinity(d) ? 1024 : d == 0 || double.IsSubnormal(d) ? -1023 : Math.ILogB(d);

    // Math has neither: by their series' ends where the plain form would lose digits.
    private static double SmallExponent(double d) => Math.Abs(d) < 1e-5 ? d + (d * d / 2) + (d * d * d / 6) : Math.Exp(d) - 1;

    private static double SmallLogarithm(double d) => Math.Abs(d) < 1e-5 ? d - (d * d / 2) + (d * d * d / 3) : Math.Log(1 + d);

    private static double NextAfter(double from, double to)
    {
        if (double.IsNaN(from) || double.IsNaN(to))
            return double.NaN;
        return from == to ? to : from < to ? Math.BitIncrement(from) : Math.BitDecrement(from);
    }
}
