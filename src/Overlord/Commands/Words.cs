using System.Globalization;

namespace Ingestion.Overlord.Commands;

/// <summary>Times and counts as people say them.</summary>
internal static class Words
{
    /// <summary>The two largest units: <c>1 h 30 min</c>, <c>45 s</c>.</summary>
    public static string Of(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1)) return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalMilliseconds):0} ms");
        (long Count, string Unit)[] parts = [((long)span.TotalDays, "d"), (span.Hours, "h"), (span.Minutes, "min"), (span.Seconds, "s")];
        return string.Join(' ', parts.SkipWhile(p => p.Count == 0).Take(2).Where(p => p.Count > 0).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Count} {p.Unit}")));
    }

    /// <summary><c>1 field</c>, <c>2 fields</c>.</summary>
    public static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    /// <summary>Numbers in groups of thousands.</summary>
    public const string Thousands = "#,0";

    public static string Number(long number) => number.ToString(Thousands, CultureInfo.InvariantCulture);
}
