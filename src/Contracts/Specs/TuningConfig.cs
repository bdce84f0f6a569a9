namespace Ingestion.Contracts.Specs;

/// <summary>Limits of a task and of the supervisor's calls: the <c>tuningConfig</c> of a Kafka supervisor spec or task.</summary>
public sealed record TuningConfig
{
    /// <summary>Druid's default of <see cref="MaxRowsInMemory"/>, which a spec serialised by Druid always states.</summary>
    public const int DefaultMaxRowsInMemory = 150_000;

    /// <summary>Rows held in memory before they are persisted; at least 1.</summary>
    public int MaxRowsInMemory { get; init; } = DefaultMaxRowsInMemory;

    /// <summary>Bytes held in memory before rows are persisted; 0: the worker's own default; -1: no limit.</summary>
    public long MaxBytesInMemory { get; init; }

    /// <summary>Rows of one segment at which the task asks for a checkpoint.</summary>
    public int MaxRowsPerSegment { get; init; } = 5_000_000;

    /// <summary>Rows of all open segments at which the task asks for a checkpoint.</summary>
    public long MaxTotalRows { get; init; } = 20_000_000;

    /// <summary>Reading time at which the task asks for a checkpoint.</summary>
    public TimeSpan IntermediateHandoffPeriod { get; init; } = TimeSpan.MaxValue;
    public TimeSpan IntermediatePersistPeriod { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Unparseable events that a task bears; one more fails it.</summary>
    public int MaxParseExceptions { get; init; } = int.MaxValue;
    public int MaxSavedParseExceptions { get; init; }
    public bool LogParseExceptions { get; init; }
    public bool ResetOffsetAutomatically { get; init; }

    /// <summary>Attempts of a call to a task beyond the first.</summary>
    public int ChatRetries { get; init; } = 8;

    /// <summary>Time allowed to one call to a task.</summary>
    public TimeSpan HttpTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Ours: records by which a replica may be ahead of its slowest twin before it waits, at least 1; null: replicas do not wait for each other.</summary>
    public long? MaxReplicaOffsetSkew { get; init; }

    /// <summary>Of Druid's supervisors; kept in the spec, so they must be periods.</summary>
    private static readonly string[] UnusedPeriods = ["shutdownTimeout", "offsetFetchPeriod", "repartitionTransitionDuration"];

    public static TuningConfig Read(SpecNode node)
    {
        var defaults = new TuningConfig();
        if (node.Object("indexSpec") is { } indexSpec) CheckIndexSpec(indexSpec);
        foreach (var unused in UnusedPeriods) node.Period(unused, TimeSpan.Zero);
        var reportParseExceptions = node.Flag("reportParseExceptions", false);
        return new TuningConfig
        {
            MaxRowsInMemory = node.Integer("maxRowsInMemory", defaults.MaxRowsInMemory, 1),
            MaxBytesInMemory = node.Integer("maxBytesInMemory", -1L) ?? defaults.MaxBytesInMemory,
            MaxRowsPerSegment = node.Integer("maxRowsPerSegment", defaults.MaxRowsPerSegment, 1),
            MaxTotalRows = node.Integer("maxTotalRows", 1L) ?? defaults.MaxTotalRows,
            IntermediateHandoffPeriod = node.PeriodOrNever("intermediateHandoffPeriod", TimeSpan.FromSeconds(1)) ?? defaults.IntermediateHandoffPeriod,
            IntermediatePersistPeriod = node.PeriodOrNever("intermediatePersistPeriod", TimeSpan.FromSeconds(1)) ?? defaults.IntermediatePersistPeriod,
            MaxParseExceptions = reportParseExceptions ? 0 : node.Integer("maxParseExceptions", defaults.MaxParseExceptions, 0),
            MaxSavedParseExceptions = Math.Max(node.Integer("maxSavedParseExceptions", 0, 0), reportParseExceptions ? 1 : 0),
            LogParseExceptions = node.Flag("logParseExceptions", false),
            ResetOffsetAutomatically = node.Flag("resetOffsetAutomatically", false),
            ChatRetries = node.Integer("chatRetries", defaults.ChatRetries, 0),
            MaxReplicaOffsetSkew = node.Integer("maxReplicaOffsetSkew", 1L),
            HttpTimeout = node.Period("httpTimeout", TimeSpan.FromMilliseconds(100)) ?? defaults.HttpTimeout,
        };
    }

    private static void CheckIndexSpec(SpecNode node)
    {
        if (node.Object("bitmap") is { } bitmap) bitmap.OneOf("type", "roaring", "roaring");
        node.OneOf("dimensionCompression", "lz4", "lz4", "uncompressed");
        node.OneOf("metricCompression", "lz4", "lz4", "uncompressed", "none");
        node.OneOf("longEncoding", "longs", "longs", "auto");
        if (node.Object("stringDictionaryEncoding") is not { } dictionary || dictionary.OneOf("type", "utf8", "utf8", "frontCoded") == "utf8") return;
        var bucketSize = dictionary.Integer("bucketSize", 4, 1);
        if (bucketSize > 128 || !System.Numerics.BitOperations.IsPow2(bucketSize)) dictionary.Problem("bucketSize", $"{bucketSize} is not a power of two from 1 to 128");
        if (dictionary.Integer("formatVersion", 0, 0) is > 1 and var version) dictionary.Problem("formatVersion", $"{version} is not supported: use 0 or 1");
    }
}
