using System.Globalization;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>From a text to the value it stands for: a list where it holds the list delimiter, a number where these are looked for.</summary>
internal sealed class TextValue(string listDelimiter, bool tryParseNumbers)
{
    public object? Of(string? text)
    {
        if (text is null)
            return null;
        if (text.Contains(listDelimiter, StringComparison.Ordinal))
            return text.Split(listDelimiter).Select(Single).ToList();
        return Single(text);
    }

    private object? Single(string text) => tryParseNumbers ? Number(text) ?? text : text;

    /// <summary>Numbers in decimal digits, as Druid guesses them: <c>12</c> and <c>007</c> are longs, <c>+1</c>, <c>.5</c>, <c>1e3</c> and <c>2f</c> doubles; <c>089</c>, <c>0x1F</c> and
    /// <c>NaN</c> stay text.</summary>
    private static object? Number(string text)
    {
        var digits = text.AsSpan(text.Length > 0 && text[0] is '-' or '+' ? 1 : 0);
        if (digits.Length > 1 && digits[0] == '0' && !digits.Contains('.') && char.IsAsciiDigit(digits[1]))
        {
            if (digits.ContainsAnyExceptInRange('0', '7')) // taken for octal, and then read as decimal
                return null;
        }

        if (text.Length > 0 && text[0] != '+' && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            return integer;
        if (digits.Length > 1 && digits[^1] is 'f' or 'F' or 'd' or 'D')
            text = text[..^1];
        if (digits.Length == 0 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
            return null;
        return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var real) ? real : null;
    }
}
