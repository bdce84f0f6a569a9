using System.Collections.Immutable;
using System.Text;

namespace Ingestion.Contracts.Times;

/// <summary>What a step of a pattern reads. Fields are in the order in which Joda-Time applies them: by the range they divide, then by their size.</summary>
public enum PatternField
{
    Century, Year, YearOfEra, Weekyear, Month, WeekOfWeekyear, DayOfYear, DayOfMonth, DayOfWeek, HalfDay,
    HourOfDay, ClockHourOfDay, HourOfHalfDay, ClockHourOfHalfDay, Minute, Second, Fraction,
    Era, Literal, Offset, ZoneName, ZoneId,
}

/// <param name="MostDigits">0 for a text: a literal, or names of months, weekdays, halves of the day.</param>
/// <param name="IsSigned">A sign may come first.</param>
/// <param name="IsTwoDigitYear">Two digits are years around today; lenient when <see cref="IsSigned"/>: other lengths then are the year itself.</param>
/// <param name="Text">Of a literal.</param>
public readonly record struct PatternStep(PatternField Field, int MostDigits = 0, bool IsSigned = false, bool IsTwoDigitYear = false, string Text = "");

/// <summary>A pattern of Joda-Time's DateTimeFormat (<c>yyyy-MM-dd HH:mm:ss.SSS Z</c>) as the steps that read it.</summary>
public sealed record JodaPattern(ImmutableArray<PatternStep> Steps)
{
    /// <summary>Reads a pattern, or says why it cannot be honoured.</summary>
    public static bool TryParse(string pattern, out JodaPattern parsed, out string problem)
    {
        var steps = ImmutableArray.CreateBuilder<PatternStep>();
        (parsed, problem) = (new JodaPattern([]), "");
        for (var at = 0; at < pattern.Length && problem.Length == 0;)
        {
            var token = Token(pattern, at, out at);
            problem = token[0] == '\'' ? AddLiteral(token[1..], steps) : AddField(token, IsNumeric(pattern, at), steps);
        }

        if (problem.Length == 0 && steps.Count == 0) problem = "is empty";
        if (problem.Length == 0 && steps.Any(s => s.Field == PatternField.Century) && !steps.Any(s => s.Field is PatternField.Year or PatternField.YearOfEra or PatternField.Weekyear))
            problem = "C is a century, which needs a year (yyyy) beside it";
        parsed = new JodaPattern(steps.DrainToImmutable());
        return problem.Length == 0;
    }

    private static string AddLiteral(string text, ImmutableArray<PatternStep>.Builder steps)
    {
        if (text.Length > 0) steps.Add(new PatternStep(PatternField.Literal, Text: text));
        return "";
    }

    private static string AddField(string token, bool nextIsNumeric, ImmutableArray<PatternStep>.Builder steps)
    {
        var length = token.Length;
        PatternStep? step = token[0] switch
        {
            'G' => new(PatternField.Era),
            'C' => new(PatternField.Century, length, IsSigned: true),
            'x' or 'y' or 'Y' when length == 2 => new(token[0] == 'x' ? PatternField.Weekyear : PatternField.Year, 2, IsSigned: !nextIsNumeric, IsTwoDigitYear: true),
            'x' => new(PatternField.Weekyear, LongYear(length, nextIsNumeric), IsSigned: true),
            'y' => new(PatternField.Year, LongYear(length, nextIsNumeric), IsSigned: true),
            'Y' => new(PatternField.YearOfEra, LongYear(length, nextIsNumeric)),
            'M' => new(PatternField.Month, length >= 3 ? 0 : 2),
            'd' => new(PatternField.DayOfMonth, Math.Max(2, length)),
            'D' => new(PatternField.DayOfYear, Math.Max(3, length)),
            'w' => new(PatternField.WeekOfWeekyear, Math.Max(2, length)),
            'e' => new(PatternField.DayOfWeek, length),
            'E' => new(PatternField.DayOfWeek),
            'a' => new(PatternField.HalfDay),
            'H' => new(PatternField.HourOfDay, Math.Max(2, length)),
            'k' => new(PatternField.ClockHourOfDay, Math.Max(2, length)),
            'K' => new(PatternField.HourOfHalfDay, Math.Max(2, length)),
            'h' => new(PatternField.ClockHourOfHalfDay, Math.Max(2, length)),
            'm' => new(PatternField.Minute, Math.Max(2, length)),
            's' => new(PatternField.Second, Math.Max(2, length)),
            'S' => new(PatternField.Fraction, Math.Min(length, 18)),
            'Z' => new(length <= 2 ? PatternField.Offset : PatternField.ZoneId),
            'z' when length <= 3 => new(PatternField.ZoneName),
            _ => null,
        };
        if (step is { } known) { steps.Add(known); return ""; }
        return token[0] switch
        {
            'z' => "zzzz is a zone's long name, which can be written but not read: use z, Z or ZZZ",
            'T' => "T is no field: quote it as 'T'",
            'X' => "X is no field of Joda-Time's patterns: use Z, which reads Z, +0100 and +01:00",
            'u' => "u is no field of Joda-Time's patterns: use e for the day of the week",
            var letter => $"{letter} is no field of Joda-Time's patterns: letters that stand for themselves are quoted, '{letter}'",
        };
    }

    // Years take as many digits as there are, unless the digits of the next field would follow.
    private static int LongYear(int length, bool nextIsNumeric) => nextIsNumeric ? length : Math.Max(9, length);

    private static bool IsNumeric(string pattern, int at) => at < pattern.Length && Token(pattern, at, out _) is var token && (token[0] == 'M' ? token.Length <= 2 : "cCxyYdhHmsSeDFwWkK".Contains(token[0]));

    // A run of one letter; or an apostrophe and then the text up to the next letter that is not quoted.
    internal static string Token(string pattern, int at, out int end)
    {
        end = at;
        if (char.IsAsciiLetter(pattern[at]))
        {
            while (end < pattern.Length && pattern[end] == pattern[at]) end++;
            return pattern[at..end];
        }

        var text = new StringBuilder("'");
        var isQuoted = false;
        for (; end < pattern.Length; end++)
        {
            if (pattern[end] != '\'')
            {
                if (!isQuoted && char.IsAsciiLetter(pattern[end])) break;
                text.Append(pattern[end]);
            }
            else if (end + 1 < pattern.Length && pattern[end + 1] == '\'') { text.Append('\''); end++; }
            else isQuoted = !isQuoted;
        }
        return text.ToString();
    }
}
