using System.Globalization;
using System.Numerics;
using System.Text;
using Ingestion.Contracts.Expressions;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Java's <c>String.format</c> with <c>d o x X s S b B f e E</c>, <c>%%</c> and <c>%n</c>. As in Druid, a format that does not fit its arguments gives itself with these behind it.</summary>
internal static class JavaFormat
{
    public static Value Format(Value[] arguments)
    {
        if (arguments[0].AsText is not { } format)
            return Value.Null;
        if (arguments.Length == 1)
            return Value.Of(format);
        var text = new StringBuilder();
        var next = 1;
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%')
                text.Append(format[at]);
            else if (!TryRead(format, ref at, out var part) || !TryAppend(text, part, arguments, ref next))
                return Value.Of(string.Join("; ", arguments.Skip(1).Select(a => JavaText.Of(a.Boxed)).Prepend(format)));
        }

        return Value.Of(text.ToString());
    }

    // %[argument$][flags][width][.precision]conversion
    private static bool TryRead(string format, ref int at, out Part part)
    {
        part = default;
        at++;
        var index = 0;
        var digits = at;
        while (digits < format.Length && char.IsAsciiDigit(format[digits]))
            digits++;
        if (digits > at && digits < format.Length && format[digits] == '$')
        {
            if (!int.TryParse(format.AsSpan(at, digits - at), NumberStyles.None, CultureInfo.InvariantCulture, out index))
                return false;
            at = digits + 1;
        }

        var start = at;
        while (at < format.Length && "-#+ 0,(".Contains(format[at], StringComparison.Ordinal))
            at++;
        var flags = format[start..at];
        if (!TryNumber(format, ref at, out var width) || width > 10_000)
            return false;
        var precision = -1;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            if (!TryNumber(format, ref at, out precision) || precision > 1_000)
                return false;
        }

        if (at >= format.Length)
            return false;
        part = new Part(index, flags, width, precision, format[at]);
        return true;
    }

    private static bool TryNumber(string format, ref int at, out int number)
    {
        var start = at;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
            at++;
        number = 0;
        return at == start || int.TryParse(format.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryAppend(StringBuilder text, Part part, Value[] arguments, ref int next)
    {
        if (part.Conversion is '%' or 'n')
        {
            text.Append(part.Conversion == 'n' ? "\n" : part.Pad("%"));
            return true;
        }

        var at = part.Index > 0 ? part.Index : next++;
        if (at >= arguments.Length)
            return false;
        var value = arguments[at];
        var formatted = part.Conversion switch
        {
            's' or 'S' => part.Cut(JavaText.Of(value.Boxed)),
            'b' or 'B' => part.Cut(value.IsNull ? "false" : "true"),
            'd' or 'o' or 'x' or 'X' or 'f' or 'e' or 'E' when value.IsNull => part.Cut("null"),
            'd' when value.Type == ExpressionType.Long => part.Signed(value.AsLong < 0, part.Grouped(BigInteger.Abs(value.AsLong).ToString(CultureInfo.InvariantCulture))),
            'o' when value.Type == ExpressionType.Long => part.Zeros(Convert.ToString(value.AsLong, 8)),
            'x' or 'X' when value.Type == ExpressionType.Long => part.Zeros(value.AsLong.ToString("x", CultureInfo.InvariantCulture)),
            'f' or 'e' or 'E' when value.Type == ExpressionType.Double => Real(value.AsDouble, part),
            _ => null,
        };
        if (formatted is null)
            return false;
        text.Append(part.Pad(char.IsAsciiLetterUpper(part.Conversion) ? formatted.ToUpperInvariant() : formatted));
        return true;
    }

    private static string Real(double value, Part part)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
            return double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        var places = part.Precision < 0 ? 6 : part.Precision;
        if (part.Conversion == 'f')
        {
            var digits = ShortestDecimal.Of(value).Text(places);
            var point = digits.IndexOf('.', StringComparison.Ordinal);
            return part.Signed(double.IsNegative(value), point < 0 ? part.Grouped(digits) : part.Grouped(digits[..point]) + digits[point..]);
        }

        var text = Math.Abs(value).ToString("e" + places.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture); // 1.5e+003
        var exponent = text.IndexOf('e', StringComparison.Ordinal) + 2;
        return part.Signed(double.IsNegative(value), text[..exponent] + text[exponent..].TrimStart('0').PadLeft(2, '0'));
    }

    /// <param name="Index">Of the argument from 1; 0 for the next.</param>
    /// <param name="Precision">-1 where there is none.</param>
    private readonly record struct Part(int Index, string Flags, int Width, int Precision, char Conversion)
    {
        public string Pad(string text) => Flags.Contains('-') ? text.PadRight(Width) : text.PadLeft(Width);

        public string Cut(string text) => Precision >= 0 && Precision < text.Length ? text[..Precision] : text;

        public string Zeros(string digits) => Flags.Contains('0') ? digits.PadLeft(Width, '0') : digits;

        public string Grouped(string digits)
        {
            if (!Flags.Contains(','))
                return digits;
            for (var at = digits.Length - 3; at > 0; at -= 3)
                digits = digits.Insert(at, ",");
            return digits;
        }

        public string Signed(bool isNegative, string digits)
        {
            var (before, behind) = !isNegative ? (Flags.Contains('+') ? "+" : Flags.Contains(' ') ? " " : "", "") : Flags.Contains('(') ? ("(", ")") : ("-", "");
            return before + (Flags.Contains('0') ? digits.PadLeft(Width - before.Length - behind.Length, '0') : digits) + behind;
        }
    }
}
