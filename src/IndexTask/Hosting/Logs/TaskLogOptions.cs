using System.Globalization;
using Ingestion.Contracts.Json;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>On the command line, where logs and reports of finished tasks go and how long they stay: <c>--task-logs</c>, or Druid's properties as they stand in its configuration.</summary>
internal static class TaskLogOptions
{
    public const string Usage = """
          --task-logs DIR | s3://BUCKET/PREFIX   where logs and reports of finished tasks go: a folder that the overlords share, or S3 (reached as deep storage is); give overlords the
                                   same; by default task-logs beside a local deep storage, and where that is S3, task-logs in the work directory, which only this
                                   worker can serve. Also: --druid.indexer.logs.directory DIR, or --druid.indexer.logs.s3Bucket BUCKET --druid.indexer.logs.s3Prefix PREFIX
          --task-logs-keep PERIOD  how long they stay, as P7D, the default; P0D: for ever. Also: --druid.indexer.logs.kill.durationToRetain MILLISECONDS
        """;

    private const string Type = "--druid.indexer.logs.type", Directory = "--druid.indexer.logs.directory", Bucket = "--druid.indexer.logs.s3Bucket", Prefix = "--druid.indexer.logs.s3Prefix", Retain = "--druid.indexer.logs.kill.durationToRetain";
    private static readonly TimeSpan Default = TimeSpan.FromDays(7);

    /// <summary>Takes what is its own out of the options.</summary>
    /// <returns>Location: a folder, or one in S3; null by default. Keep: <see cref="TimeSpan.MaxValue"/> for ever.</returns>
    /// <exception cref="FormatException">Something is wrong.</exception>
    public static (string? Location, TimeSpan Keep) Take(Dictionary<string, string> values)
    {
        string? Value(string name) => values.Remove(name, out var value) ? value : null;
        var (given, type, directory, bucket, prefix) = (Value("--task-logs"), Value(Type), Value(Directory), Value(Bucket), Value(Prefix));
        if (type is not (null or "file" or "s3")) throw new FormatException($"{Type} [{type}] is not supported: file and s3 are");
        if (type is not "s3" && (bucket ?? prefix) is not null || type is "s3" && directory is not null) throw new FormatException($"options of {Type} file and s3 are mixed up");
        var told = type is "s3" ? $"{S3Place.Scheme}{bucket ?? throw new FormatException($"{Bucket} is missing")}/{prefix}" : directory;
        if (given is not null && told is not null) throw new FormatException($"--task-logs and {(type is "s3" ? Bucket : Directory)} say the same: give one of them");
        var location = given ?? told;
        if (location is not null && DeepStorage.IsInS3(location)) _ = S3Place.Parse(location);
        else if (location is not null && (location.Length == 0 || location.Contains("://", StringComparison.Ordinal))) throw new FormatException($"--task-logs [{location}] is neither a folder nor {S3Place.Scheme}BUCKET/PREFIX");
        return (location, Keep(Value("--task-logs-keep"), Value(Retain)));
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
