using System.Text;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>The lines of an event. As in Druid they end with LF or CR LF; the last one needs no end, and an empty one behind the last end is none.</summary>
internal static class EventLines
{
    /// <param name="value">UTF-8; other bytes become U+FFFD.</param>
    public static IEnumerable<string> Of(ReadOnlySpan<byte> value) => Of(Encoding.UTF8.GetString(value));

    private static IEnumerable<string> Of(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            yield return end < 0 ? text[start..] : end > start && text[end - 1] == '\r' ? text[start..(end - 1)] : text[start..end];
            start = end < 0 ? text.Length : end + 1;
        }
    }
}
