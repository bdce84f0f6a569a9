using System.Text;
using Ingestion.Contracts.Times;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Names of time zones in events. Events of a stream mostly name the same few, so what a text means is kept.</summary>
internal sealed class ZoneTexts
{
    private const int MostKept = 1_000, LongestName = 64;

    /// <summary>What z reads: Joda-Time's names, of summer and winter alike for the zone.</summary>
    private static readonly (byte[] Name, string Zone)[] ShortNames =
    [
        ("UTC"u8.ToArray(), "UTC"), ("GMT"u8.ToArray(), "UTC"), ("UT"u8.ToArray(), "UTC"), ("EST"u8.ToArray(), "America/New_York"), ("EDT"u8.ToArray(), "America/New_York"),
        ("CST"u8.ToArray(), "America/Chicago"), ("CDT"u8.ToArray(), "America/Chicago"), ("MST"u8.ToArray(), "America/Denver"), ("MDT"u8.ToArray(), "America/Denver"),
        ("PST"u8.ToArray(), "America/Los_Angeles"), ("PDT"u8.ToArray(), "America/Los_Angeles"),
    ];

    /// <summary>Java's old names, beside those of the tz database.</summary>
    private static readonly string[] JavaNames =
        ["ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT", "EST", "HST", "IET", "IST", "JST", "MIT", "MST", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST"];

    private readonly Dictionary<string, (int Length, ZoneRules? Zone)> kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Length, ZoneRules? Zone)>.AlternateLookup<ReadOnlySpan<char>> byChars;

    public ZoneTexts() => byChars = kept.GetAlternateLookup<ReadOnlySpan<char>>();

    public int ReadShortName(ReadOnlySpan<byte> text, out ZoneRules? zone)
    {
        zone = null;
        foreach (var (name, id) in ShortNames)
        {
            if (!text.StartsWith(name))
                continue;
            return ZoneRules.TryFind(id, out zone) ? name.Length : -1;
        }

        return -1;
    }

    /// <summary>Reads the longest name of the tz database that the text begins with.</summary>
    /// <returns>Its length; -1 when there is none.</returns>
    public int ReadId(ReadOnlySpan<byte> text, out ZoneRules? zone)
    {
        var end = 0;
        while (end < text.Length && end < LongestName && (char.IsAsciiLetterOrDigit((char)text[end]) || text[end] is (byte)'/' or (byte)'_' or (byte)'-' or (byte)'+'))
            end++;
        var found = Find(text[..end]);
        zone = found.Zone;
        return found.Length;
    }

    /// <summary>Whether Java has a time zone of that name.</summary>
    public bool IsJavaName(ReadOnlySpan<byte> text)
    {
        if (text.Length is 0 or > LongestName || !char.IsAsciiLetter((char)text[0]))
            return false;
        if (text.Length == 3)
        {
            foreach (var name in JavaNames)
                if (Ascii.Equals(text, name))
                    return true;
        }

        return ReadId(text, out _) == text.Length && !Ascii.Equals(text, "ROC") && !Ascii.Equals(text, "GMT+0") && !Ascii.Equals(text, "GMT-0");
    }

    private (int Length, ZoneRules? Zone) Find(ReadOnlySpan<byte> text)
    {
        Span<char> chars = stackalloc char[LongestName];
        Encoding.ASCII.GetChars(text, chars);
        var name = chars[..text.Length];
        if (byChars.TryGetValue(name, out var found))
            return found;
        found = (-1, null);
        for (var length = name.Length; length > 0 && found.Zone is null; length--)
        {
            if (char.IsAsciiLetter(name[0]) && !IsOffset(name[..length]) && ZoneRules.TryFind(name[..length].ToString(), out var zone))
                found = (length, zone);
        }

        if (kept.Count < MostKept)
            kept[name.ToString()] = found;
        return found;
    }

    // Zones that are an offset in disguise are no names of the database.
    private static bool IsOffset(ReadOnlySpan<char> name) => name is "Z" or "UT" || (name is not ("GMT+0" or "GMT-0") && (name.Length > 3 && name.IndexOfAny('+', '-') is 2 or 3));
}
