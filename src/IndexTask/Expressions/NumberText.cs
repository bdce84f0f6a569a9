using System.Globalization;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Texts that stand for numbers where a number is wanted: longs, doubles as Java writes them, and true and false.</summary>
internal static class NumberText
{
    public static bool TryRead(string text, out Value number)
    {
        number = Value.Null;
        if (text.Length == 0)
            return false;
        if (text[0] is 't' or 'T' or 'f' or 'F')
        {
            var isTrue = text.Equals("true", StringComparison.OrdinalIgnoreCase);
            number = Value.Of(isTrue ? 1.0 : 0.0);
            return isTrue || text.Equals("false", StringComparison.OrdinalIgnoreCase);
        }

        if (TryLong(text, out var integer))
        {
            number = Value.Of(integer);
            return true;
        }

        if (!TryDouble(text, out var real))
            return false;
        number = Value.Of(real);
        return true;
    }

    public static bool TryLong(string text, out long number)
    {
        number = 0;
        return text.AsSpan(text.Length > 1 && text[0] is '-' or '+' ? 1 : 0).IndexOfAnyExceptInRange('0', '9') < 0 && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Java's <c>Double.valueOf</c> without space around: a sign, decimal digits with a point and an exponent, or NaN or Infinity, a letter d or f at the end.</summary>
    public static bool TryDouble(string text, out double number)
    {
        number = 0;
        var digits = text.AsSpan(text.Length > 0 && text[0] is '-' or '+' ? 1 : 0);
        if (digits is "NaN" or "Infinity")
        {
            number = digits is "NaN" ? double.NaN : text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        if (digits.Length == 0 || digits.IndexOfAnyExcept("0123456789.eE+-dDfF") >= 0)
            return false;
        var end = text.AsSpan(0, text[^1] is 'd' or 'D' or 'f' or 'F' ? text.Length - 1 : text.Length);
        return double.TryParse(end, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);
    }
}
