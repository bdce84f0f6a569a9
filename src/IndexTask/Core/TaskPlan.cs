using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Core;

/// <summary>All that <see cref="TaskMachine"/> needs to know of a task. Times are milliseconds.</summary>
public sealed record TaskPlan
{
    public required string BaseSequenceName { get; init; }

    /// <summary>Sequences to begin with; not empty. All but the last end where the next one starts.</summary>
    public required Checkpoints Start { get; init; }

    /// <summary>Exclusive; <see cref="PartitionOffsets.Unbounded"/> where the supervisor decides later.</summary>
    public required PartitionOffsets End { get; init; }

    /// <summary>Rows of one segment at which a checkpoint is asked for.</summary>
    public long MaxRowsPerSegment { get; init; } = 5_000_000;

    /// <summary>Rows of all segments of a sequence at which a checkpoint is asked for.</summary>
    public long MaxTotalRows { get; init; } = 20_000_000;

    /// <summary>Reading time of a sequence at which a checkpoint is asked for.</summary>
    public long IntermediateHandoffMillis { get; init; } = long.MaxValue;

    /// <summary>How long a pause holds unless it is renewed: a supervisor that dies between pause and end offsets must not stop the reading.</summary>
    public long PauseLeaseMillis { get; init; } = 2_000;

    /// <summary>How long a task that asked for a checkpoint waits for the pause that begins it; then it reads on and asks again later.</summary>
    public long CheckpointWaitMillis { get; init; } = 10_000;
}
