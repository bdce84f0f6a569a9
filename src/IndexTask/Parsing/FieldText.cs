namespace Ingestion.IndexTask.Parsing;

/// <summary>Numbers of a pattern's fields, as Joda-Time reads them; the results are their lengths, -1 for none.</summary>
internal static class FieldText
{
    /// <summary>One digit up to so many, behind a sign where that is allowed.</summary>
    public static int ReadNumber(ReadOnlySpan<byte> text, int most, bool isSigned, out int value)
    {
        value = 0;
        var at = 0;
        if (isSigned && most > 1 && text.Length > 1 && text[0] is (byte)'-' or (byte)'+')
            at = 1;
        var start = at;
        long number = 0;
        for (; at < text.Length && at - start < most && text[at] - 48u is var digit && digit <= 9; at++)
        {
            number = (number * 10) + digit;
            if (number > int.MaxValue)
                return -1;
        }

        value = start > 0 && text[0] == '-' ? -(int)number : (int)number;
        return at == start ? -1 : at;
    }

    /// <param name="isLenient">A sign, or another number of digits, makes it the year itself.</param>
    /// <param name="firstYear">Of the hundred that two digits stand for.</param>
    public static int ReadTwoDigitYear(ReadOnlySpan<byte> text, bool isLenient, int firstYear, out int year)
    {
        var length = ReadNumber(text, isLenient ? int.MaxValue : 2, isLenient, out year);
        if (length == 2 && char.IsAsciiDigit((char)text[0]))
        {
            var first = firstYear % 100;
            year += firstYear - first + (year < first ? 100 : 0);
            return 2;
        }

        return isLenient ? length : -1;
    }
}
