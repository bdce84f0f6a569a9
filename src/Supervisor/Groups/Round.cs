using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Groups;

/// <summary>How replicas agree on a boundary: all pause, the maximum of where they stand is offered to all, and with the first that accepts it
/// stands. Rounds that fail before are simply repeated. A round that begins decided tells a boundary to those who do not have it yet.</summary>
public sealed record Round
{
    /// <summary>Told to the tasks' workers and back, so that answers to older rounds are recognised.</summary>
    public required int Number { get; init; }

    /// <summary>True: the boundary is the group's end. False: a checkpoint.</summary>
    public required bool Finish { get; init; }

    /// <summary>When answers that have not come are given up.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>Null while the replicas pause.</summary>
    public PartitionOffsets? Offered { get; init; }
    public bool IsDecided { get; init; }
    public required ValueMap<string, RoundAnswer> Answers { get; init; }

    /// <summary>How often replicas were paused again in it, since their leases ran out while others paused.</summary>
    public int Renewals { get; init; }

    public bool Has(string taskId, RoundStage stage) => Answers.TryGet(taskId, out var answer) && answer.Stage == stage;
    public bool Any(RoundStage stage) => Answers.Values.Any(a => a.Stage == stage);
    public Round With(string taskId, RoundStage stage, PartitionOffsets? at = null, DateTimeOffset since = default) => this with { Answers = Answers.With(taskId, new RoundAnswer(stage, at, since)) };
}

public enum RoundStage { Pausing, Paused, NotPaused, Setting, Accepted, Refused }

/// <param name="At">Where the replica stands; in <see cref="RoundStage.Paused"/>.</param>
/// <param name="Since">When it said so; in <see cref="RoundStage.Paused"/>.</param>
public sealed record RoundAnswer(RoundStage Stage, PartitionOffsets? At, DateTimeOffset Since = default);
