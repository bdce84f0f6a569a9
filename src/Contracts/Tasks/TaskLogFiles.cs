namespace Ingestion.Contracts.Tasks;

/// <summary>Logs and reports of tasks that are over, in the folder that workers push them to and overlords serve them from. Named as Druid's <c>FileTaskLogs</c> does, so
/// that either may take over the other's folder.</summary>
public static class TaskLogFiles
{
    public const string LogEnd = ".log", ReportEnd = ".report.json";

    /// <returns>Null: the id is no file's name.</returns>
    public static string? LogName(string taskId) => IsName(taskId) ? taskId + LogEnd : null;

    /// <returns>Null: the id is no file's name.</returns>
    public static string? ReportName(string taskId) => IsName(taskId) ? taskId + ReportEnd : null;

    /// <summary>The byte that an offset asks for: counted from the end where it is negative, from the beginning otherwise. Beyond either end it is that end, as in Druid's <c>LogUtils</c>.</summary>
    public static long Begin(long length, long offset) => offset < 0 ? Math.Max(0, length + offset) : Math.Min(offset, length);

    private static bool IsName(string taskId) => taskId.Length > 0 && taskId[0] != '.' && !taskId.Any(c => c is '/' or '\\' || char.IsControl(c));
}
