namespace Ingestion.Contracts.Times;

/// <summary>Decimal fractions of an hour, minute or second, rounded as Joda-Time's Fraction does: each digit by itself, downwards.</summary>
public static class FractionText
{
    /// <param name="unitMillis">Of what it is a fraction, in milliseconds.</param>
    /// <returns>How many digits there are, at most <paramref name="most"/>.</returns>
    public static int Read(ReadOnlySpan<byte> text, int unitMillis, int most, out long millis)
    {
        var length = 0;
        long weight = unitMillis * 10L, sum = 0;
        while (length < most && length < text.Length && text[length] - 48u is var digit && digit <= 9)
        {
            weight /= 10;
            sum += digit * weight;
            length++;
        }

        millis = sum / 10;
        return length;
    }
}
