using System.Globalization;
using System.Text;

namespace Ingestion.Contracts.Json;

/// <summary>Periods as Druid (Joda-Time) writes them, <c>PT1H</c> or <c>P1DT2H</c>, of a fixed length: no months or years.</summary>
public static class IsoPeriod
{
    /// <summary>Reads a period of weeks, days, hours, minutes and seconds. One too long for a <see cref="TimeSpan"/> becomes
    /// <see cref="TimeSpan.MaxValue"/> (Druid's "never" is <c>P2147483647D</c>).</summary>
    public static bool TryRead(string? text, out TimeSpan period)
    {
        period = default;
        if (text is not { Length: > 2 } || text[0] != 'P') return false;
        var inTime = false;
        var any = false;
        double seconds = 0;
        var number = new StringBuilder();
        foreach (var c in text.AsSpan(1))
        {
            if (c == 'T') { if (inTime || number.Length > 0) return false; inTime = true; continue; }
            if (char.IsAsciiDigit(c) || c is '.' or '-') { number.Append(c); continue; }
            if (!double.TryParse(number.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)) return false;
            var unit = (c, inTime) switch { ('W', false) => 604_800, ('D', false) => 86_400, ('H', true) => 3_600, ('M', true) => 60, ('S', true) => 1, _ => 0 };
            if (unit == 0) return false;
            seconds += value * unit;
            number.Clear();
            any = true;
        }
        if (number.Length > 0 || !any || double.IsNaN(seconds)) return false;
        period = seconds >= TimeSpan.MaxValue.TotalSeconds ? TimeSpan.MaxValue : seconds <= TimeSpan.MinValue.TotalSeconds ? TimeSpan.MinValue : TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>Writes a period as Joda-Time prints a duration in seconds: <c>PT3600S</c>, <c>PT0.5S</c>.</summary>
    public static string Write(TimeSpan period) => "PT" + period.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "S";
}
