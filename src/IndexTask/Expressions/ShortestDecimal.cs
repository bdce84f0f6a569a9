using System.Globalization;
using System.Numerics;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Expressions;

/// <summary>A finite double by its shortest decimal digits, as Java's <c>BigDecimal.valueOf</c> has it, rounded half away from zero.</summary>
/// <param name="Scale">The value is <paramref name="Digits"/> times ten to the power of minus this.</param>
internal readonly record struct ShortestDecimal(BigInteger Digits, int Scale)
{
    public static ShortestDecimal Of(double value)
    {
        var text = JavaNumber.Text(value);
        var exponentAt = text.IndexOf('E');
        var exponent = exponentAt < 0 ? 0 : int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var point = mantissa.IndexOf('.');
        return new ShortestDecimal(BigInteger.Parse(mantissa.Remove(point, 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), mantissa.Length - point - 1 - exponent);
    }

    public ShortestDecimal Rounded(int scale)
    {
        if (scale >= Scale)
            return this;
        if ((long)Scale - scale > 400)
            return new ShortestDecimal(BigInteger.Zero, 0);
        var unit = BigInteger.Pow(10, Scale - scale);
        var (quotient, rest) = BigInteger.DivRem(BigInteger.Abs(Digits), unit);
        if (rest * 2 >= unit)
            quotient++;
        return new ShortestDecimal(Digits.Sign < 0 ? -quotient : quotient, scale);
    }

    public double Value => double.Parse(string.Create(CultureInfo.InvariantCulture, $"{Digits}E{-Scale}"), NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Without a sign, with so many digits behind the point.</summary>
    public string Text(int places)
    {
        var rounded = Rounded(places);
        var digits = (BigInteger.Abs(rounded.Digits) * BigInteger.Pow(10, places - rounded.Scale)).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        return places == 0 ? digits : $"{digits[..^places]}.{digits[^places..]}";
    }
}
