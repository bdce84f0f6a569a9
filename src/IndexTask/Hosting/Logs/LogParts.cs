using System.Globalization;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>The files of a log that is being written: <c>ID.log</c> has its beginning, <c>ID.log.N</c> what begins at its byte N. Where the next file does not begin where one ends,
/// something was cut; so what a killed process leaves behind tells all there is to know.</summary>
internal static class LogParts
{
    public static string PathOf(string folder, string taskId, long begin) =>
        Path.Combine(folder, taskId + TaskLogFiles.LogEnd + (begin == 0 ? "" : "." + begin.ToString(CultureInfo.InvariantCulture)));

    /// <summary>In their order.</summary>
    public static IReadOnlyList<(long Begin, string Path)> Of(string folder, string taskId) =>
        [.. All(folder).Where(p => p.TaskId == taskId).Select(p => (p.Begin, p.Path)).OrderBy(p => p.Begin)];

    /// <summary>Tasks that have files there.</summary>
    public static IReadOnlyList<string> Tasks(string folder) => [.. All(folder).Select(p => p.TaskId).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<(string TaskId, long Begin, string Path)> All(string folder)
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var name = Path.GetFileName(path);
            if (name.EndsWith(TaskLogFiles.LogEnd, StringComparison.Ordinal)) yield return (name[..^TaskLogFiles.LogEnd.Length], 0, path);
            else if (name.LastIndexOf(TaskLogFiles.LogEnd + ".", StringComparison.Ordinal) is > 0 and var at
                && long.TryParse(name.AsSpan(at + TaskLogFiles.LogEnd.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var begin)) yield return (name[..at], begin, path);
        }
    }
}
