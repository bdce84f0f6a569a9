using System.Globalization;
using System.Net;
using Ingestion.Access;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.IndexTask.Hosting.Memory;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Settings of a worker.</summary>
public sealed record WorkerOptions
{
    public const string Usage = $"""
        worker --overlords URL[,URL..] [--discovery-uri URL] --deep-storage DIR|s3://BUCKET/BASE_KEY [--listen 127.0.0.1:0] [--host NAME] [--capacity N] [--memory SIZE] [--work-dir DIR] [--task-logs DIR|s3://BUCKET/PREFIX] [--environment NAME] [--node-id ID] [--category NAME] [--drain-timeout PERIOD] [ACCESS OPTIONS]
        worker dump-segment PATH|s3://BUCKET/KEY|LOAD_SPEC [--structure] [options of S3]

          --overlords URL[,URL..]  base URLs of overlords, or one address in front of all of them: from any that answers the worker learns the others
          --discovery-uri URL      a discovery server (Presto's protocol) that the overlords announce themselves to as well; --overlords may then be left out
          --memory SIZE   what all tasks together may hold in memory, as 512m or 4g: rows, events fetched ahead, buffers of segments being written; a worker
                          takes about 110 MiB, and 2 MiB a task, beside it. By default half of the memory that the machine, or the container, has
          --category NAME what Druid's select strategies with a category spec go by; "_default_worker_category" by default
          --drain-timeout PERIOD   how long a worker that was told to end (SIGTERM, PUT /v1/info/state) may take until its tasks have published; PT5M by default
        {TaskLogOptions.Usage}

        {DeepStorageOptions.Usage}

        {AccessOptions.Usage}
        """;

    /// <summary>Base URLs of overlords, or of what stands in front of them; at least one where there is no <see cref="DiscoveryServer"/>.</summary>
    public required IReadOnlyList<Uri> Overlords { get; init; }

    /// <summary>Base URL of a discovery server outside of the overlords; null: they are it.</summary>
    public Uri? DiscoveryServer { get; init; }

    /// <summary>Where the worker announces itself to begin with.</summary>
    internal IReadOnlyList<Uri> AnnounceTo => DiscoveryServer is { } server ? [.. Overlords, server] : Overlords;

    /// <summary>Where to listen; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The name under which others reach this machine.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Tasks at a time.</summary>
    public int Capacity { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>Deep storage: a directory, or <c>s3://BUCKET/BASE_KEY</c>.</summary>
    public required string DeepStorage { get; init; }

    /// <summary>How S3 is reached, where deep storage or the logs of finished tasks are there.</summary>
    public S3Settings S3 { get; init; } = new();

    /// <summary>For what does not fit in memory; emptied of a task when it ends.</summary>
    public string WorkDirectory { get; init; } = Path.Combine(Path.GetTempPath(), "ingestion-worker");

    /// <summary>Bytes that all tasks together may hold (<see cref="MemoryBudget"/>); the process takes more by what it needs for itself. Default: half of the memory of the machine, or of
    /// the control group that limits the process.</summary>
    public long MemoryBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>Where logs and reports of finished tasks go: a folder, or <c>s3://BUCKET/PREFIX</c>. By default <c>task-logs</c> beside a local deep storage; where that is S3, in the work directory.</summary>
    public string TaskLogFolder
    {
        get => field ?? Path.Combine(Publish.DeepStorage.IsInS3(DeepStorage) ? Path.GetFullPath(WorkDirectory) : Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(DeepStorage))) ?? DeepStorage, "task-logs");
        init => field = Publish.DeepStorage.IsInS3(value) ? value : Path.GetFullPath(value);
    }

    /// <summary>What an overlord in the same process needs to know too.</summary>
    public StorageOptions Storage => new() { DeepStorage = DeepStorage, TaskLogs = TaskLogFolder, S3 = S3 };

    /// <summary>How long they stay there; <see cref="TimeSpan.MaxValue"/>: for ever.</summary>
    public TimeSpan TaskLogsKeep { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Who may call, and with which credentials overlords are called.</summary>
    public AccessOptions Access { get; init; } = AccessOptions.Off;
    public string EnvironmentName { get; init; } = "production";

    /// <summary>Stable over restarts where that is wanted; by default new with each start.</summary>
    public string NodeId { get; init; } = Guid.NewGuid().ToString();

    /// <summary>Druid's category of the worker.</summary>
    public string Category { get; init; } = AnnouncedService.DefaultCategory;

    /// <summary>How long a worker that was told to end waits for its tasks to publish. Ample for the largest publishes, and shorter than an operator's patience; orchestrators have limits of their own.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a pause holds unless renewed, and how long a task that asked for a checkpoint waits for it.</summary>
    public TimeSpan PauseLease { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan CheckpointWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Reads a command line.</summary>
    /// <param name="variable">Of the environment; null: this process's.</param>
    /// <exception cref="FormatException">Something is wrong with it; the message says what.</exception>
    public static WorkerOptions Parse(IReadOnlyList<string> arguments, Func<string, string?>? variable = null)
    {
        (var access, arguments) = AccessOptions.Take(arguments, variable ?? Environment.GetEnvironmentVariable);
        var values = Pairs(arguments);
        string? Take(string name) => values.Remove(name, out var value) ? value : null;
        var listen = Take("--listen") ?? "127.0.0.1:0";
        if (!IPEndPoint.TryParse(listen.Replace("localhost", "127.0.0.1", StringComparison.Ordinal), out var endpoint)) throw new FormatException($"--listen [{listen}] is not ADDRESS:PORT");
        var capacity = Take("--capacity") is { } count ? int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : throw new FormatException($"--capacity [{count}] is not a positive number") : (int?)null;
        var discovery = Take("--discovery-uri") is { } server ? Url("--discovery-uri", server) : null;
        var names = (Take("--overlords") ?? (discovery is null ? throw new FormatException("--overlords is missing") : "")).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IReadOnlyList<Uri> overlords = [.. names.Select(url => Url("--overlords", url))];
        var (taskLogs, keep) = TaskLogOptions.Take(values);
        var (deepStorage, s3) = DeepStorageOptions.Take(values, hasFurtherUse: taskLogs is not null && Publish.DeepStorage.IsInS3(taskLogs));
        var options = new WorkerOptions
        {
            Overlords = overlords,
            DiscoveryServer = discovery,
            DeepStorage = deepStorage,
            S3 = s3,
            Listen = endpoint,
            Access = access,
        };
        if (options.AnnounceTo.Count == 0) throw new FormatException("--overlords names none");
        options = options with
        {
            Host = Take("--host") ?? (endpoint.Address.Equals(IPAddress.Any) ? Dns.GetHostName() : endpoint.Address.ToString()),
            Capacity = capacity ?? options.Capacity,
            MemoryBytes = Take("--memory") is { } size ? MemorySize.Parse("--memory", size) : options.MemoryBytes,
            WorkDirectory = Take("--work-dir") ?? options.WorkDirectory,
            EnvironmentName = Take("--environment") ?? options.EnvironmentName,
            NodeId = Take("--node-id") ?? options.NodeId,
            Category = Take("--category") ?? options.Category,
            DrainTimeout = Take("--drain-timeout") is not { } period ? options.DrainTimeout : IsoPeriod.TryRead(period, out var limit) && limit >= TimeSpan.Zero ? limit : throw new FormatException($"--drain-timeout [{period}] is not a period such as PT5M"),
            TaskLogsKeep = keep,
        };
        if (taskLogs is not null) options = options with { TaskLogFolder = taskLogs };
        return values.Count == 0 ? options : throw new FormatException($"unknown option {values.Keys.First()}");
    }

    private static Uri Url(string option, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw new FormatException($"{option} [{text}] is not a URL");

    /// <summary>Options by name, each with its value.</summary>
    /// <exception cref="FormatException">Something is no option, or has no value.</exception>
    internal static Dictionary<string, string> Pairs(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal)) throw new FormatException($"[{arguments[i]}] is not an option");
            if (i + 1 == arguments.Count) throw new FormatException($"{arguments[i]} needs a value");
            values[arguments[i]] = arguments[i + 1];
        }
        return values;
    }
}
