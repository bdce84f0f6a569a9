using System.Globalization;

namespace Ingestion.IndexTask.Hosting.Memory;

/// <summary>Sizes as the command line has them: a whole number of bytes, or of k, m or g (1,024 of the one before), in either case: <c>512m</c>.</summary>
internal static class MemorySize
{
    /// <exception cref="FormatException">It is no size, none above 0, or beyond 2^63 bytes.</exception>
    public static long Parse(string option, string text)
    {
        var shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        if (long.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= long.MaxValue >> shift) return number << shift;
        throw new FormatException($"{option} [{text}] is not a size such as 512m: a number of bytes, or of k, m or g");
    }

    /// <summary>For people: in MiB, or in KiB below 10 of these.</summary>
    public static string Write(long bytes) => bytes < 10 << 20 ? $"{bytes >> 10} KiB" : $"{bytes >> 20} MiB";
}
