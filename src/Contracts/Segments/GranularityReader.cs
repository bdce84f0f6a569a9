using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Segments;

/// <summary>Reads a granularity in the forms that Druid's classes do, and says what is wrong with one.</summary>
internal static class GranularityReader
{
    private const long LongestYears = 1_000;

    /// <returns>Null when it was read; else the member at fault (<c>.timeZone</c>, or nothing) and what is wrong with it.</returns>
    public static (string Member, string Message)? TryRead(JsonElement json, out Granularity granularity)
    {
        granularity = default;
        if (json.ValueKind == JsonValueKind.String)
        {
            return Granularity.TryParse(json.GetString()!, out granularity) ? null : ("", $"[{json.GetString()}] is no granularity: use {string.Join(", ", GranularityNames.All)}, "
                + "or an object of type period or duration");
        }
        if (json.ValueKind != JsonValueKind.Object) return ("", "is neither a name nor an object: use DAY, for example, or {\"type\":\"period\",\"period\":\"P1D\",\"timeZone\":\"Europe/Paris\"}");
        if (Member(json, "type") is not { } stated) return (".type", "is missing: use period, duration, all or none");
        var type = Text(stated);
        switch (type)
        {
            case "none": granularity = Granularity.None; return null;
            case "all": granularity = Granularity.All; return null;
            case "period": return ReadPeriod(json, out granularity);
            case "duration": return ReadDuration(json, out granularity);
            default: return (".type", $"[{type}] is no granularity's: use period, duration, all or none");
        }
    }

    private static (string, string)? ReadPeriod(JsonElement json, out Granularity granularity)
    {
        granularity = default;
        if (Member(json, "period") is not { } stated) return (".period", "is missing: an ISO 8601 period such as P1D is expected");
        if (!CalendarPeriod.TryParse(Text(stated), out var period)) return (".period", $"[{Text(stated)}] is not an ISO 8601 period, such as PT1H or P1M, without signs");
        if (period.IsZero) return (".period", $"[{Text(stated)}] is zero");
        if (period.Years + (period.Months / 12L) > LongestYears || period.StandardMillis > LongestYears * 366 * CivilDate.DayMillis) return (".period", $"[{Text(stated)}] is longer than {LongestYears} years");
        var zone = ZoneRules.Utc;
        if (Member(json, "timeZone") is { } named && !ZoneRules.TryFind(Text(named), out zone))
            return (".timeZone", $"[{Text(named)}] is not a time zone that this machine knows: use a name of the tz database such as Europe/Paris (its files come with the package tzdata) or an offset such as +05:30");
        if (!TryReadOrigin(json, out var origin)) return (".origin", $"[{Text(json.GetProperty("origin"))}] is not an ISO 8601 time of the years 0001 to 9999");
        granularity = Granularity.OfPeriod(period, zone, origin);
        return null;
    }

    private static (string, string)? ReadDuration(JsonElement json, out Granularity granularity)
    {
        granularity = default;
        if (Member(json, "duration") is not { } stated) return (".duration", "is missing: milliseconds are expected");
        if (!long.TryParse(Text(stated), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var millis)) return (".duration", $"[{Text(stated)}] is not a number of milliseconds");
        if (millis is <= 0 or > LongestYears * 366 * CivilDate.DayMillis) return (".duration", $"is {millis}: more than 0, and at most {LongestYears} years, is expected");
        if (!TryReadOrigin(json, out var origin)) return (".origin", $"[{Text(json.GetProperty("origin"))}] is not an ISO 8601 time of the years 0001 to 9999");
        granularity = Granularity.OfDuration(millis, origin ?? 0);
        return null;
    }

    private static bool TryReadOrigin(JsonElement json, out long? origin)
    {
        origin = null;
        if (Member(json, "origin") is not { } stated) return true;
        var isRead = IsoText.TryReadInstant(stated, out var millis);
        origin = millis;
        return isRead;
    }

    private static JsonElement? Member(JsonElement json, string name) => json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static string Text(JsonElement member) => member.ValueKind == JsonValueKind.String ? member.GetString()! : member.GetRawText();
}
