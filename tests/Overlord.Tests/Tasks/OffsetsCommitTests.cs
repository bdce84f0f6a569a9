using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Tasks.Core;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class OffsetsCommitTests
{
    [Fact]
    public void Missing_row_accepts_any_start() =>
        Assert.Equal(Accepted((0, 9), (1, 4)), OffsetsCommit.Decide(null, Start((0, 7), (1, 4)), End((0, 9), (1, 4))));

    [Fact]
    public void Range_that_begins_where_the_committed_ends_is_accepted_and_other_partitions_stay() =>
        Assert.Equal(Accepted((0, 9), (1, 4), (2, 1)), OffsetsCommit.Decide(End((0, 7), (2, 1)), Start((0, 7), (1, 4)), End((0, 9), (1, 4))));

    [Fact]
    public void Start_behind_is_final_and_names_what_differs() => Assert.Equal(new OffsetsCommit.Refused(false,
        "Stored metadata state[{0:8, 1:4}] has already been updated by other tasks and has diverged from the expected start metadata state[{0:7, 1:4}]. "
        + "This task will be replaced by the supervisor with a new task using updated start offsets. Differing: partition 0 is committed up to 8, but the task began at 7."),
        OffsetsCommit.Decide(End((0, 8), (1, 4)), Start((0, 7), (1, 4)), End((0, 9), (1, 5))));

    [Fact]
    public void Start_ahead_may_be_tried_again() => Assert.Equal(new OffsetsCommit.Refused(true,
        "The new start metadata state[{0:7}] is ahead of the last committed end state[{0:5}]. Try resetting the supervisor. Differing: partition 0 is committed up to 5, but the task began at 7."),
        OffsetsCommit.Decide(End((0, 5)), Start((0, 7)), End((0, 9))));

    [Fact]
    public void Start_ahead_on_all_partitions_that_differ_may_be_tried_again() =>
        Assert.True(Assert.IsType<OffsetsCommit.Refused>(OffsetsCommit.Decide(End((0, 5), (1, 5), (2, 5)), Start((0, 7), (1, 6), (2, 5)), End((0, 9), (1, 7), (2, 7)))).Retryable);

    [Fact]
    public void Start_ahead_on_one_partition_and_behind_on_another_is_final() => Assert.Equal(new OffsetsCommit.Refused(false,
        "Stored metadata state[{0:5, 1:5}] has already been updated by other tasks and has diverged from the expected start metadata state[{0:7, 1:3}]. "
        + "This task will be replaced by the supervisor with a new task using updated start offsets. "
        + "Differing: partition 0 is committed up to 5, but the task began at 7, partition 1 is committed up to 5, but the task began at 3."),
        OffsetsCommit.Decide(End((0, 5), (1, 5)), Start((0, 7), (1, 3)), End((0, 9), (1, 4))));

    [Fact]
    public void Other_stream_is_final() => Assert.False(Assert.IsType<OffsetsCommit.Refused>(
        OffsetsCommit.Decide(KafkaDataSourceMetadata.EndOf("old", PartitionOffsets.Of((0, 5))), Start((0, 5)), End((0, 9)))).Retryable);

    [Fact]
    public void Task_of_a_pattern_follows_what_a_topic_has_committed_and_commits_all_under_the_pattern()
    {
        var (start, end) = (Several((new("topic", 0), 7), (new("topic2", 0), 3)), Several((new("topic", 0), 9), (new("topic2", 0), 4)));
        Assert.Equal(new OffsetsCommit.Accepted(Several((new("topic", 0), 9), (new("topic", 1), 8), (new("topic2", 0), 4))), OffsetsCommit.Decide(End((0, 7), (1, 8)), start, end));
        Assert.True(Assert.IsType<OffsetsCommit.Refused>(OffsetsCommit.Decide(End((0, 6)), start, end)).Retryable);
    }

    [Fact]
    public void Task_of_a_topic_follows_what_a_pattern_has_committed_and_leaves_the_other_topics_offsets() => Assert.Equal(
        new OffsetsCommit.Accepted(Several((new("topic", 0), 9), (new("topic2", 0), 4))),
        OffsetsCommit.Decide(Several((new("topic", 0), 7), (new("topic2", 0), 4)), Start((0, 7)), End((0, 9))));

    [Fact]
    public void Pattern_that_matches_nothing_of_what_is_committed_is_another_stream() => Assert.False(Assert.IsType<OffsetsCommit.Refused>(
        OffsetsCommit.Decide(KafkaDataSourceMetadata.EndOf("old", PartitionOffsets.Of((0, 5))), Several((new("topic", 0), 7)), Several((new("topic", 0), 9)))).Retryable);

    private static KafkaDataSourceMetadata Several(params ReadOnlySpan<(StreamPartition, long)> offsets) => KafkaDataSourceMetadata.EndOf("topic.*", PartitionOffsets.Of(offsets));
    private static KafkaDataSourceMetadata Start(params ReadOnlySpan<(StreamPartition, long)> offsets) => KafkaDataSourceMetadata.StartOf("topic", PartitionOffsets.Of(offsets));
    private static KafkaDataSourceMetadata End(params ReadOnlySpan<(StreamPartition, long)> offsets) => KafkaDataSourceMetadata.EndOf("topic", PartitionOffsets.Of(offsets));
    private static OffsetsCommit Accepted(params ReadOnlySpan<(StreamPartition, long)> offsets) => new OffsetsCommit.Accepted(End(offsets));
}
