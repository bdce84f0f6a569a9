using System.Globalization;
using System.Numerics;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Expressions;

/// <summary>The orders of texts that <c>bound</c> knows.</summary>
internal static class TextOrder
{
    public static int Compare(BoundOrdering ordering, string a, string b) => ordering switch
    {
        BoundOrdering.Lexicographic => string.CompareOrdinal(a, b),
        BoundOrdering.Strlen => a.Length == b.Length ? string.CompareOrdinal(a, b) : a.Length.CompareTo(b.Length),
        BoundOrdering.Numeric => CompareNumbers(a, b),
        _ => CompareAlphanumeric(a, b),
    };

    // What is no number comes before all that are.
    private static int CompareNumbers(string a, string b)
    {
        var (hasFirst, hasSecond) = (TryRead(a, out var first), TryRead(b, out var second));
        if (hasFirst && hasSecond)
            return first.CompareTo(second);
        return hasFirst || hasSecond ? hasFirst.CompareTo(hasSecond) : string.CompareOrdinal(a, b);
    }

    public static bool TryRead(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);

    // Runs of digits by their number, then by their leading zeros; anything else by its character; digits before letters.
    private static int CompareAlphanumeric(string a, string b)
    {
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length)
        {
            var (endA, endB) = (RunEnd(a, i), RunEnd(b, j));
            var (isDigitA, isDigitB) = (char.IsAsciiDigit(a[i]), char.IsAsciiDigit(b[j]));
            if (isDigitA != isDigitB)
                return isDigitA ? -1 : 1;
            var compared = isDigitA
                ? BigInteger.Parse(a.AsSpan(i, endA - i), NumberStyles.None, CultureInfo.InvariantCulture).CompareTo(BigInteger.Parse(b.AsSpan(j, endB - j), NumberStyles.None, CultureInfo.InvariantCulture))
                : string.CompareOrdinal(a[i..endA], b[j..endB]);
            if (compared == 0 && isDigitA)
                compared = (endA - i).CompareTo(endB - j);
            if (compared != 0)
                return compared;
            (i, j) = (endA, endB);
        }

        return (a.Length - i).CompareTo(b.Length - j);
    }

    private static int RunEnd(string text, int from)
    {
        var end = from + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]) == char.IsAsciiDigit(text[from]))
            end++;
        return end;
    }
}
