using System.Globalization;
using System.Text;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>A line as Druid's log4j2 layout has it: <c>2026-11-21T09:02:42,262 INFO [thread] class - message</c>, in UTC, with an exception on the lines below.</summary>
internal static class LogLine
{
    /// <summary>Characters; the rest of a longer one is left out.</summary>
    internal const int Longest = 64 << 10;

    public static byte[] Of(DateTimeOffset time, LogLevel level, string thread, string category, string message, Exception? problem)
    {
        var text = new StringBuilder().Append(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss,fff", CultureInfo.InvariantCulture)).Append(' ').Append(Name(level)).Append(" [").Append(thread).Append("] ").Append(category).Append(" - ").Append(message);
        if (problem is not null) text.Append('\n').Append(problem);
        if (text.Length > Longest)
        {
            var more = text.Length - Longest;
            text.Length = Longest;
            text.Append(CultureInfo.InvariantCulture, $" ...[{more} more characters]");
        }
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARN",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "FATAL",
        _ => "OFF",
    };
}
