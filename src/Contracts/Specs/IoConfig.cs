using System.Collections.Immutable;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Specs;

/// <summary>What to read and how the reading is shared out: the <c>ioConfig</c> of a Kafka supervisor spec.</summary>
public sealed record IoConfig
{
    /// <summary>From <c>topic</c> or <c>topicPattern</c>.</summary>
    public required SourceStream Stream { get; init; }
    public required ImmutableSortedDictionary<string, string> ConsumerProperties { get; init; }

    /// <summary>Identical tasks per group, at least 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Reading groups, at least 1; more than there are partitions leaves the surplus without a task.</summary>
    public int TaskCount { get; init; } = 1;

    /// <summary>Reading time of a group before it publishes; at least 1 s.</summary>
    public TimeSpan TaskDuration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time between periodic runs; at least 1 s.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(30);
    public bool UseEarliestOffset { get; init; }

    /// <summary>Longest time that a group may publish.</summary>
    public TimeSpan CompletionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Groups that may publish at once by reaching taskDuration; at least 1, default <see cref="TaskCount"/>. With an auto-scaler its stopTaskCountRatio comes first.</summary>
    public int StopTaskCount { get; init; } = 1;

    /// <summary>Null: taskCount changes only by the spec.</summary>
    public AutoScalerConfig? AutoScaler { get; init; }
    public TimeSpan? LateMessageRejectionPeriod { get; init; }
    public DateTimeOffset? LateMessageRejectionStart { get; init; }
    public TimeSpan? EarlyMessageRejectionPeriod { get; init; }

    /// <summary>After nothing has arrived for so long no task is started before something does (<c>idleConfig</c>); null: tasks always run.</summary>
    public TimeSpan? IdleAfter { get; init; }
}
