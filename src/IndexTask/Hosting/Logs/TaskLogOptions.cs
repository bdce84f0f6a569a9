using System.Globalization;
using Ingestion.Contracts.Json;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>On the command line, where logs and reports of finished tasks go and how long they stay: <c>--task-logs</c>, or Druid's properties as they stand in its configuration.</summary>
internal static class TaskLogOptions
{
    public const string Usage = """
          --task-logs DIR          where logs and reports of finished tasks go, a folder that the overlords share; by default task-logs beside a local deep storage, and where that
                                   is S3, task-logs in the work directory, which only this worker can serve. Also: --druid.indexer.logs.directory DIR
          --task-logs-keep PERIOD  how long they stay, as P7D, the default; P0D: for ever. Also: --druid.indexer.logs.kill.durationToRetain MILLISECONDS
        """;

    private const string Type = "--druid.indexer.logs.type", Directory = "--druid.indexer.logs.directory", Retain = "--druid.indexer.logs.kill.durationToRetain";
    private static readonly TimeSpan Default = TimeSpan.FromDays(7);

    /// <summary>Takes what is its own out of the options.</summary>
    /// <returns>Folder: null by default. Keep: <see cref="TimeSpan.MaxValue"/> for ever.</returns>
    /// <exception cref="FormatException">Something is wrong.</exception>
    public static (string? Folder, TimeSpan Keep) Take(Dictionary<string, string> values)
    {
        string? Value(string name) => values.Remove(name, out var value) ? value : null;
        if (Value(Type) is { } type and not "file") throw new FormatException($"{Type} [{type}] is not supported: file is");
        var folder = Value("--task-logs") is var given && Value(Directory) is { } directory ? given is null ? directory : throw new FormatException($"--task-logs and {Directory} say the same: give one of them") : given;
        if (folder is not null && (folder.Length == 0 || folder.Contains("://", StringComparison.Ordinal))) throw new FormatException($"--task-logs [{folder}] is not a folder");
        return (folder, Keep(Value("--task-logs-keep"), Value(Retain)));
    }

    private static TimeSpan Keep(string? period, string? millis)
    {
        if (period is not null && millis is not null) throw new FormatException($"--task-logs-keep and {Retain} say the same: give one of them");
        var keep = Default;
        if (period is not null && (!IsoPeriod.TryRead(period, out keep) || keep < TimeSpan.Zero)) throw new FormatException($"--task-logs-keep [{period}] is not a period such as P7D or PT12H");
        if (millis is not null) keep = long.TryParse(millis, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n <= TimeSpan.MaxValue.TotalMilliseconds ? TimeSpan.FromMilliseconds(n) : throw new FormatException($"{Retain} [{millis}] is not a number of milliseconds");
        return keep == TimeSpan.Zero ? TimeSpan.MaxValue : keep;
    }
}
