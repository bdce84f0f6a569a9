using System.Globalization;
using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Numbers with a unit that makes them short: <c>1.23 MB</c>, <c>1.50 KiB</c>.</summary>
internal static class ReadableNumber
{
    private static readonly string[] Binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"], Decimal = ["K", "M", "G", "T", "P", "E"];

    public static Value Format(Value[] arguments, bool isBinary, string suffix)
    {
        if (arguments[0].IsNumericNull)
            return Value.Null;
        if (arguments[0].Type is not (ExpressionType.Long or ExpressionType.Double))
            throw new ExpressionException($"needs a number as its first argument but got {Value.Name(arguments[0].Type)} instead");
        if (arguments.Length > 1 && arguments[1].Type != ExpressionType.Long)
            throw new ExpressionException($"needs a LONG as its second argument but got {Value.Name(arguments[1].Type)} instead");
        var places = arguments.Length > 1 ? arguments[1].AsLong : 2;
        if (places is < 0 or > 3)
            throw new ExpressionException($"Given precision[{places}] must be in the range of [0,3]");
        var number = arguments[0].AsLong;
        return Value.Of((isBinary ? InBinary(number, (int)places, suffix) : InDecimal(number, (int)places, suffix)).Trim());
    }

    private static string InBinary(long number, int places, string suffix)
    {
        if (number is > -1024 and < 1024)
            return $"{number} {suffix}";
        var size = number == long.MinValue ? 1UL << 63 : (ulong)Math.Abs(number);
        var unit = (63 - System.Numerics.BitOperations.LeadingZeroCount(size)) / 10;
        return Text((double)number / (1L << (unit * 10)), places, Binary[unit] + suffix);
    }

    private static string InDecimal(long number, int places, string suffix)
    {
        if (number is > -1000 and < 1000)
            return $"{number} {suffix}";
        var unit = 0;
        for (; number is <= -1_000_000 or >= 1_000_000; unit++)
            number /= 1000;
        return Text(number / 1000.0, places, Decimal[unit] + suffix);
    }

    private static string Text(double number, int places, string unit) => string.Create(CultureInfo.InvariantCulture, $"{(number < 0 ? "-" : "")}{ShortestDecimal.Of(number).Text(places)} {unit}");
}
