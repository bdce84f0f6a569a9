using Ingestion.Contracts.Times;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// Runs a pattern of Joda-Time's over UTF-8: the steps read their values one after the other, which then are applied to 1970-01-01, the largest
/// unit first, as Joda-Time's DateTimeParserBucket does. Nothing is allocated for a text.
/// </summary>
internal sealed class PatternTimes
{
    private const int DefaultYear = 2000; // of months and days without a year
    private readonly PatternStep[] steps;
    private readonly LiteralText?[] literals;
    private readonly int[] order; // in which the steps' values are applied
    private readonly bool isPlain, needsYear, takesBeforeChrist;
    private readonly int firstYear; // of the hundred that two digits stand for
    private readonly ZoneTexts zones;

    /// <param name="currentYear">Two-digit years are from 80 years before it to 19 after.</param>
    public PatternTimes(JodaPattern pattern, int currentYear, ZoneTexts zones)
    {
        this.zones = zones;
        firstYear = currentYear - 80;
        steps = [.. pattern.Steps];
        literals = [.. steps.Select(s => s.Field == PatternField.Literal ? new LiteralText(s.Text) : null)];
        order = [.. Enumerable.Range(0, steps.Length).Where(i => steps[i].Field < PatternField.Era).OrderBy(i => Rank(steps[i].Field))];
        needsYear = order.Length > 0 && steps[order[0]].Field is >= PatternField.Month and <= PatternField.DayOfWeek;
        var fields = order.Select(i => steps[i].Field).ToList();
        takesBeforeChrist = fields.Contains(PatternField.Year); // which is a year of any era
        isPlain = fields.Distinct().Count() == fields.Count && fields.TrueForAll(PlainTime.Takes) && (!fields.Contains(PatternField.DayOfWeek) || (fields.Contains(PatternField.Month) && fields.Contains(PatternField.DayOfMonth)));
    }

    /// <param name="text">Trimmed, without quotes.</param>
    public bool TryRead(ReadOnlySpan<byte> text, out long millis)
    {
        Span<int> values = stackalloc int[steps.Length];
        int? offset = null;
        ZoneRules? zone = null;
        millis = 0;
        for (var i = 0; i < steps.Length; i++)
        {
            int length;
            ref readonly var step = ref steps[i];
            switch (step.Field)
            {
                case PatternField.Literal:
                    length = literals[i]!.Match(text);
                    break;
                case PatternField.Offset:
                    length = OffsetText.Read(text, out var read);
                    offset = read;
                    break;
                case PatternField.ZoneName:
                    length = zones.ReadShortName(text, out zone);
                    break;
                case PatternField.ZoneId:
                    length = zones.ReadId(text, out zone);
                    break;
                default:
                    length = ReadValue(step, text, out values[i]);
                    break;
            }

            if (length < 0 || (step.Field == PatternField.Era && values[i] == 0 && !takesBeforeChrist))
                return false;
            text = text[length..];
        }

        return text.Length == 0 && TryLocal(values, out var local) && TryInstant(local, offset, zone, out millis);
    }

    private int ReadValue(in PatternStep step, ReadOnlySpan<byte> text, out int value)
    {
        if (step.IsTwoDigitYear)
            return FieldText.ReadTwoDigitYear(text, step.IsSigned, firstYear, out value);
        return step.MostDigits > 0 && step.Field == PatternField.Fraction ? ReadFraction(step, text, out value)
            : step.MostDigits > 0 ? FieldText.ReadNumber(text, step.MostDigits, step.IsSigned, out value)
            : FieldNames.Read(step.Field, text, out value);
    }

    private static int ReadFraction(in PatternStep step, ReadOnlySpan<byte> text, out int value)
    {
        var length = FractionText.Read(text, 1_000, step.MostDigits, out var millis);
        value = (int)millis;
        return length == 0 ? -1 : length;
    }

    private bool TryLocal(ReadOnlySpan<int> values, out long local)
    {
        if (isPlain)
        {
            var plain = PlainTime.Of(needsYear ? DefaultYear : 1970);
            foreach (var i in order)
                plain.Set(steps[i].Field, values[i]);
            return plain.TryGet(out local);
        }

        var fields = new LocalFields();
        for (var pass = 0; pass < 2; pass++)
        {
            if (needsYear && !fields.TrySet(PatternField.Year, DefaultYear, roundsDown: pass == 0))
                break;
            foreach (var i in order)
                fields.TrySet(steps[i].Field, values[i], roundsDown: pass == 0 || i == order[^1]);
        }

        local = fields.Millis;
        return fields.IsValid;
    }

    // An offset in the text goes before a zone; local times that a zone skips are refused.
    private static bool TryInstant(long local, int? offset, ZoneRules? zone, out long millis)
    {
        millis = local - (offset ?? 0);
        if (offset is null && zone is not null)
        {
            millis = zone.ToUtc(local);
            if (zone.ToLocal(millis) != local)
                return false;
        }

        return InstantRange.Contains(millis);
    }

    // Years of three kinds, and hours of two twice, are of one size: of these the later in the text is applied later.
    private static int Rank(PatternField field) => field switch
    {
        PatternField.YearOfEra or PatternField.Weekyear => (int)PatternField.Year,
        PatternField.ClockHourOfDay => (int)PatternField.HourOfDay,
        PatternField.ClockHourOfHalfDay => (int)PatternField.HourOfHalfDay,
        _ => (int)field,
    };
}
