using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Segments;

/// <summary>The names of the standard granularities, in their order, and the periods that they stand for.</summary>
internal static class GranularityNames
{
    private static readonly (string Name, CalendarPeriod Period)[] Standard =
    [
        ("NONE", default), ("SECOND", Of("PT1S")), ("MINUTE", Of("PT1M")), ("FIVE_MINUTE", Of("PT5M")), ("TEN_MINUTE", Of("PT10M")), ("FIFTEEN_MINUTE", Of("PT15M")), ("THIRTY_MINUTE", Of("PT30M")),
        ("HOUR", Of("PT1H")), ("SIX_HOUR", Of("PT6H")), ("EIGHT_HOUR", Of("PT8H")), ("DAY", Of("P1D")), ("WEEK", Of("P1W")), ("MONTH", Of("P1M")), ("QUARTER", Of("P3M")), ("YEAR", Of("P1Y")), ("ALL", default),
    ];

    public static IEnumerable<string> All => Standard.Select(s => s.Name);

    public static string Of(GranularityKind kind) => Standard[(int)kind].Name;

    public static CalendarPeriod PeriodOf(GranularityKind kind) => Standard[(int)kind].Period;

    public static GranularityKind? KindOf(string name) => Found(Array.FindIndex(Standard, s => s.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));

    public static GranularityKind? KindOf(CalendarPeriod period) => period.IsZero ? null : Found(Array.FindIndex(Standard, s => s.Period == period));

    private static GranularityKind? Found(int index) => index < 0 ? null : (GranularityKind)index;

    private static CalendarPeriod Of(string period) => CalendarPeriod.TryParse(period, out var read) ? read : throw new FormatException(period);
}
