using System.Globalization;

namespace Ingestion.Contracts.Json;

/// <summary>Instants as Druid writes them: ISO 8601, UTC, three digits of milliseconds and <c>Z</c>.</summary>
public static class IsoTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static string Write(DateTimeOffset instant) => instant.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <param name="millis">Milliseconds since 1970-01-01 UTC; years 0001 to 9999.</param>
    public static string Write(long millis) => Write(DateTimeOffset.FromUnixTimeMilliseconds(millis));

    /// <summary>Reads any ISO 8601 instant; one without an offset is UTC. Precision beyond a millisecond is dropped.</summary>
    public static bool TryRead(string? text, out DateTimeOffset instant)
    {
        instant = default;
        if (text is null || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var read)) return false;
        instant = DateTimeOffset.FromUnixTimeMilliseconds(read.ToUnixTimeMilliseconds());
        return true;
    }

    /// <exception cref="FormatException">The text is not an ISO 8601 instant.</exception>
    public static DateTimeOffset Read(string text) =>
        TryRead(text, out var instant) ? instant : throw new FormatException($"[{text}] is not an ISO 8601 time");
}
