using System.Net;
using Ingestion.Access;
using Ingestion.IndexTask.Hosting;

namespace Ingestion.Overlord.Hosting;

/// <summary>The overlord's command line.</summary>
internal sealed record OverlordOptions
{
    public const string Usage = $"""
        overlord --metadata URL [--listen HOST:PORT] [--url URL] [--environment NAME] [--discovery-uri URL] [--task-logs PLACE] [--console DIR] [COORDINATION OPTIONS] [ACCESS OPTIONS] [--druid.metadata.storage.tables.NAME TABLE]... [--deep-storage PLACE] [--with-worker WORKER OPTIONS]
        overlord hash-password NAME [--token]      makes an entry of the users file (overlord hash-password --help)

          --metadata URL      the metadata database: postgresql://USER:PASSWORD@HOST:PORT/DATABASE, a jdbc: URL as Druid has it, or an Npgsql
                              connection string; else the variable METADATA_URL
          --listen HOST:PORT  where the API answers; 127.0.0.1:8090 by default, port 0 for any free one
          --url URL           the base URL that others reach this overlord at; http(s)://HOST:PORT by default
          --environment NAME  only nodes that announce the same environment are used; "production" by default
          --discovery-uri URL a discovery server (Presto's protocol) that this overlord announces itself to and learns of workers from, beside those that
                              announce themselves to it
          --task-logs DIR | s3://BUCKET/PREFIX   where the workers push logs and reports of finished tasks, as their option --task-logs has it (S3 is reached as --druid.s3.* say);
                              without it they are to be had from a worker that has them, as long as it runs. Also: --druid.indexer.logs.type, .directory, .s3Bucket, .s3Prefix
          --console DIR       the static files of Druid's web console, served at /unified-console.html
          --druid.metadata.storage.tables.base PREFIX, .segments NAME, .tasks NAME, ...   Druid's table names where they differ from the default
          --deep-storage DIR | s3://BUCKET/BASE_KEY, --druid.storage.*, --druid.s3.*   where segments are, as workers have it: needed to run kill tasks
          --with-worker       run a worker in this process too; takes the worker's options --capacity, --memory, --work-dir
                              and --task-logs-keep (worker --help)

        {CoordinationOptions.Usage}

        {AccessOptions.Usage}
        """;

    public required string Metadata { get; init; }
    public required IPEndPoint Listen { get; init; }
    public string? Url { get; init; }
    public string Environment { get; init; } = "production";

    /// <summary>Base URL of a discovery server outside of the overlords; null: they are it.</summary>
    public Uri? DiscoveryServer { get; init; }
    public IReadOnlyDictionary<string, string> Tables { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder of the static files of Druid's web console; null: it is not served.</summary>
    public string? Console { get; init; }

    /// <summary>Where segments are, and logs and reports of finished tasks: what was told, or what the worker in the same process takes.</summary>
    public StorageOptions Storage { get; init; } = StorageOptions.None;
    public bool WithWorker { get; init; }

    /// <summary>Who may call; of the worker in the same process too.</summary>
    public AccessOptions Access { get; init; } = AccessOptions.Off;

    /// <summary>Who elects the leader, and who is told of it.</summary>
    public CoordinationOptions Coordination { get; init; } = new();

    /// <summary>Options of the worker in the same process, as the worker's command line has them.</summary>
    public IReadOnlyList<string> WorkerArguments { get; init; } = [];

    /// <exception cref="FormatException">An option is unknown, lacks its value, or has one that makes no sense.</exception>
    public static OverlordOptions Parse(IReadOnlyList<string> arguments, Func<string, string?> variable)
    {
        (var access, arguments) = AccessOptions.Take(arguments, variable);
        (var coordination, arguments) = CoordinationOptions.Take(arguments);
        var tables = new Dictionary<string, string>(StringComparer.Ordinal);
        var (worker, storage) = (new List<string>(), new List<string>());
        string? console = null, discovery = null;
        var (metadata, listen, url, environment, withWorker) = (variable("METADATA_URL"), "127.0.0.1:8090", (string?)null, "production", false);
        const string tablePrefix = "--druid.metadata.storage.tables.";
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{option} needs a value");
            switch (option)
            {
                case "--metadata": metadata = Value(); break;
                case "--listen": listen = Value(); break;
                case "--url": url = Value(); break;
                case "--environment": environment = Value(); break;
                case "--discovery-uri" or "--discovery.uri": discovery = Value(); break;
                case "--console": console = Value(); break;
                case "--with-worker": withWorker = true; break;
                case "--capacity" or "--memory" or "--work-dir" or "--task-logs-keep" or "--druid.indexer.logs.kill.durationToRetain": worker.AddRange([option, Value()]); break;
                case "--task-logs" or "--druid.indexer.logs.type" or "--druid.indexer.logs.directory" or "--druid.indexer.logs.s3Bucket" or "--druid.indexer.logs.s3Prefix": storage.AddRange([option, Value()]); break;
                case var _ when option == "--deep-storage" || option.StartsWith("--druid.storage.", StringComparison.Ordinal) || option.StartsWith("--druid.s3.", StringComparison.Ordinal): storage.AddRange([option, Value()]); break;
                case var _ when option.StartsWith(tablePrefix, StringComparison.Ordinal): tables[option[tablePrefix.Length..]] = Value(); break;
                default: throw new FormatException($"unknown option {option}");
            }
        }
        if (string.IsNullOrWhiteSpace(metadata)) throw new FormatException("--metadata (or the variable METADATA_URL) is missing: where is the metadata database?");
        Uri? discoveryServer = null;
        if (discovery is not null && !(Uri.TryCreate(discovery, UriKind.Absolute, out discoveryServer) && discoveryServer.Scheme is "http" or "https")) throw new FormatException($"--discovery-uri [{discovery}] is not a URL");
        if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var own) && own.Scheme is "http" or "https")) throw new FormatException($"--url [{url}] is not a URL such as http://overlord-1:8090");
        if (worker.Count > 0 && !withWorker) throw new FormatException($"{worker[0]} is an option of the worker: it goes with --with-worker");
        if (console is not null) DruidConsole.Check(console);
        if (withWorker) worker.AddRange(storage);
        var options = new OverlordOptions
        {
            Metadata = metadata, Listen = Endpoint(listen), Url = url, Environment = environment, DiscoveryServer = discoveryServer, Tables = tables, Console = console, Access = access, Coordination = coordination, WithWorker = withWorker, WorkerArguments = worker,
        };
        return options with { Storage = withWorker ? WorkerInProcess.Arguments(options, "http://127.0.0.1").Storage : StorageOptions.Parse(storage) };
    }

    private static IPEndPoint Endpoint(string text) =>
        IPEndPoint.TryParse(text.Replace("localhost", "127.0.0.1", StringComparison.Ordinal), out var endpoint) && text.Contains(':', StringComparison.Ordinal)
            ? endpoint : throw new FormatException($"--listen [{text}] is not an address with a port, such as 127.0.0.1:8090 or 0.0.0.0:8090");
}
