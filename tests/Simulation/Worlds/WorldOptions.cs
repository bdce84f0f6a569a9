namespace Ingestion.Simulation.Worlds;

/// <summary>What can go wrong in a world while its faults last.</summary>
[Flags]
internal enum Faults
{
    None = 0, Lost = 1, Doubled = 2, Late = 4, LeaderDies = 8, DiesAfterCommit = 16, CommitUnanswered = 32, TwoLeaders = 64, TaskDies = 128, WorkerDies = 256, WorkerSilent = 512,
    ClockJumps = 1024, OutOfRange = 2048, DiesBetweenPauseAndEnd = 4096, SpecChanges = 8192, StreamFails = 16384, NewPartitions = 32768, Retention = 65536, SlowPush = 131072, Terminations = 262144,
    Resets = 1 << 19, Handoffs = 1 << 20, TopicRemade = 1 << 21, RetentionOvertakes = 1 << 22, TaskDiesInRound = 1 << 23, WorkerDrains = 1 << 24,
}

/// <summary>A world's conditions, drawn from its seed.</summary>
internal sealed record WorldOptions
{
    public required int Partitions { get; init; }
    public required SpecOptions Spec { get; init; }
    public required int Workers { get; init; }
    public required int Capacity { get; init; }
    public required Faults Faults { get; init; }

    /// <summary>Mean time between two misfortunes while faults last, ms.</summary>
    public required int MisfortuneEvery { get; init; }

    /// <summary>One in so many messages is lost, doubled or late, each on its own.</summary>
    public required int MessageFaultOneIn { get; init; }

    /// <summary>Records per minute and partition.</summary>
    public required int RecordsPerMinute { get; init; }

    /// <summary>One in so many offsets holds no record, as markers of transactions and compaction leave behind; 0: none.</summary>
    public required int GapOneIn { get; init; }

    public static WorldOptions Draw(Random random)
    {
        var spec = SpecOptions.Draw(random);
        var workers = random.Next(1, 5);
        var slots = spec.TaskCount * spec.Replicas;
        var roomy = random.Next(4) > 0;
        var faults = Faults.None;
        if (random.Next(12) > 0)
            foreach (var fault in Enum.GetValues<Faults>())
                if (random.Next(2) == 0) faults |= fault;
        return new WorldOptions
        {
            Partitions = random.Next(1, 7), Spec = spec, Workers = workers, Capacity = (slots * (roomy ? 3 : 1) + workers - 1) / workers + (roomy ? 1 : 0), Faults = faults,
            MisfortuneEvery = random.Next(2_000, random.Next(2) == 0 ? 10_000 : 60_000), MessageFaultOneIn = random.Next(10, 200), RecordsPerMinute = random.Next(3, 60), GapOneIn = random.Next(3) == 0 ? random.Next(2, 30) : 0,
        };
    }
}

/// <summary>The part of a spec that worlds vary, and that operators change.</summary>
internal sealed record SpecOptions
{
    public required int TaskCount { get; init; }
    public required int Replicas { get; init; }
    public required int TaskDurationSeconds { get; init; }
    public required int CompletionTimeoutSeconds { get; init; }
    public required int MaxRowsPerSegment { get; init; }
    public required bool UseEarliestOffset { get; init; }
    public int HttpTimeoutSeconds { get; init; } = 10;
    public bool ResetOffsetAutomatically { get; init; }

    public static SpecOptions Draw(Random random) => new()
    {
        TaskCount = random.Next(1, 4), Replicas = random.Next(1, 4), TaskDurationSeconds = random.Next(3) == 0 ? random.Next(5, 30) : random.Next(30, 240),
        CompletionTimeoutSeconds = random.Next(20, 300), MaxRowsPerSegment = random.Next(2) == 0 ? 5_000_000 : random.Next(5, 200), UseEarliestOffset = random.Next(4) > 0,
        HttpTimeoutSeconds = random.Next(2) == 0 ? 10 : random.Next(2, 10), ResetOffsetAutomatically = random.Next(3) == 0,
    };

    /// <summary>The same with a few things changed, as an operator would post it.</summary>
    public SpecOptions Changed(Random random) => random.Next(5) switch
    {
        0 => this with { TaskCount = random.Next(1, 4) },
        1 => this with { Replicas = random.Next(1, 4) },
        2 => this with { MaxRowsPerSegment = random.Next(5, 200) },
        3 => this with { TaskDurationSeconds = random.Next(20, 240), CompletionTimeoutSeconds = random.Next(20, 300) },
        _ => this,
    };
}
