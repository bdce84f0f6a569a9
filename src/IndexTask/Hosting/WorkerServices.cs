using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.IndexTask.Hosting.Memory;
using Ingestion.IndexTask.Kafka;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting;

/// <summary>What all tasks of a worker share.</summary>
internal sealed record WorkerServices(WorkerOptions Options, OverlordClient Overlord, IDeepStorage DeepStorage, PreparedReaders Readers, ILoggerFactory Loggers, TimeProvider Time, string WorkFolder)
{
    /// <summary>What all tasks may hold in memory.</summary>
    public MemoryBudget Memory { get; init; } = new(Options.MemoryBytes, Options.Capacity);

    public WorkerLife Life { get; } = new();

    /// <summary>Of running and finished tasks.</summary>
    public TaskLogs Logs { get; init; } = new(LogsIn(WorkFolder), Finished(Options, LogsIn(WorkFolder), Loggers), Options.TaskLogsKeep, Time, Loggers.CreateLogger<TaskLogs>());

    /// <summary>Pause before partitions that Kafka refused are asked for again.</summary>
    public long ReadRetryMillis { get; init; } = 2_000;

    private static string LogsIn(string workFolder) => Path.Combine(workFolder, Hosting.WorkFolder.LogsName);

    private static IFinishedLogs Finished(WorkerOptions options, string folder, ILoggerFactory loggers) => Publish.DeepStorage.IsInS3(options.TaskLogFolder)
        ? new FinishedLogsInS3(S3Place.Parse(options.TaskLogFolder), options.S3, folder, loggers.CreateLogger<TaskLogs>()) : new FinishedLogFolder(options.TaskLogFolder);
}
