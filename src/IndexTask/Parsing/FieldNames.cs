using System.Text;
using Ingestion.Contracts.Times;

namespace Ingestion.IndexTask.Parsing;

/// <summary>English names of months, weekdays, halves of the day and eras, in full or short whatever the pattern says, and in one of three cases:
/// March, march, MARCH.</summary>
internal static class FieldNames
{
    private static readonly Name[] Months = Names(1, "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December");
    private static readonly Name[] Days = Names(1, "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");
    private static readonly Name[] Halves = [new Name(0, ["AM"u8.ToArray(), "am"u8.ToArray()]), new Name(1, ["PM"u8.ToArray(), "pm"u8.ToArray()])];
    private static readonly Name[] Eras = [new Name(0, ["BCE"u8.ToArray(), "bce"u8.ToArray(), "BC"u8.ToArray(), "bc"u8.ToArray()]), new Name(1, ["CE"u8.ToArray(), "ce"u8.ToArray()]), new Name(1, ["AD"u8.ToArray(), "ad"u8.ToArray()])];

    /// <returns>The name's length; -1 when there is none.</returns>
    public static int Read(PatternField field, ReadOnlySpan<byte> text, out int value)
    {
        var names = field switch { PatternField.Month => Months, PatternField.DayOfWeek => Days, PatternField.HalfDay => Halves, _ => Eras };
        foreach (var name in names)
        {
            if (text.Length == 0 || (text[0] | 0x20) != name.FirstLetter)
                continue;
            foreach (var spelling in name.Spellings)
            {
                if (!text.StartsWith(spelling))
                    continue;
                value = name.Value;
                return spelling.Length;
            }
        }

        value = 0;
        return -1;
    }

    private static Name[] Names(int first, params string[] names) => [.. names.Select((name, i) => new Name(first + i, [.. new[] { name, name[..3] }.SelectMany(Cases).Select(Encoding.ASCII.GetBytes)]))];

    private static string[] Cases(string name) => [name, name.ToLowerInvariant(), name.ToUpperInvariant()];

    // Spellings from long to short: the longest that fits is meant.
    private sealed record Name(int Value, byte[][] Spellings)
    {
        public int FirstLetter { get; } = Spellings[0][0] | 0x20;
    }
}
