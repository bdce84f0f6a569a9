using Confluent.Kafka;
using Ingestion.Overlord.Stream;

namespace Ingestion.Overlord.Tests.Stream;

/// <summary>What librdkafka says when it is asked for offsets, good or bad.</summary>
public sealed class OffsetAnswerTests
{
    private const string Topic = "events";
    private static readonly Error Fine = new(ErrorCode.NoError), NoLeader = new(ErrorCode.LeaderNotAvailable, "no leader yet"), Unknown = new(ErrorCode.UnknownTopicOrPart, "being deleted");

    [Fact]
    public void Offset_that_is_none_is_a_failure_though_no_error_comes_with_it()
    {
        var failure = Assert.Throws<KafkaException>(() => Offsets(leavesOutUnknown: false, (0, 17, Fine), (1, Offset.Unset, Fine)));

        Assert.Equal("Partition 1 of topic [events]: the brokers told no offset", failure.Message);
    }

    [Fact]
    public void Failure_of_one_partition_says_why()
    {
        var failure = Assert.Throws<KafkaException>(() => Offsets(leavesOutUnknown: false, (0, 17, Fine), (1, Offset.Unset, NoLeader)));

        Assert.Equal((ErrorCode.LeaderNotAvailable, "no leader yet"), (failure.Error.Code, failure.Message));
    }

    [Fact]
    public void Of_a_pattern_partitions_that_are_being_deleted_are_left_out_and_others_are_not()
    {
        Assert.Equal(new Dictionary<TopicPartition, long> { [new(Topic, 0)] = 17 }, Offsets(leavesOutUnknown: true, (0, 17, Fine), (1, Offset.Unset, Unknown)));
        Assert.Throws<KafkaException>(() => Offsets(leavesOutUnknown: true, (0, 17, Fine), (1, Offset.Unset, NoLeader)));
    }

    private static Dictionary<TopicPartition, long> Offsets(bool leavesOutUnknown, params (int Partition, Offset Offset, Error Error)[] answer) =>
        StreamObserver.Offsets(answer.Select(a => new TopicPartitionOffsetError(Topic, a.Partition, a.Offset, a.Error)), leavesOutUnknown);
}
