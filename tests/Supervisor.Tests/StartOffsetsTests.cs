using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests;

/// <summary>Where the first group begins.</summary>
public sealed class StartOffsetsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Partition_with_nothing_committed_begins_at_the_earliest_offset_when_the_spec_says_so() =>
        Assert.Equal([PartitionOffsets.Of((0, 10))], Starts(Specs.Of(useEarliestOffset: true), null, Ranges((0, 10, 90))));

    [Fact]
    public void Partition_with_nothing_committed_begins_at_the_latest_offset_by_default() =>
        Assert.Equal([PartitionOffsets.Of((0, 90))], Starts(Specs.Of(useEarliestOffset: false), null, Ranges((0, 10, 90))));

    [Fact]
    public void Committed_offset_comes_before_either_end_of_the_stream() =>
        Assert.Equal([PartitionOffsets.Of((0, 42), (1, 90))], Starts(Specs.Of(useEarliestOffset: false), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 42))), Ranges((0, 10, 90), (1, 10, 90))));

    [Fact]
    public void Committed_offsets_of_another_topic_are_ignored() =>
        Assert.Equal([PartitionOffsets.Of((0, 10))], Starts(Specs.Of(), KafkaDataSourceMetadata.EndOf("other", PartitionOffsets.Of((0, 42))), Ranges((0, 10, 90))));

    [Fact]
    public void Partitions_are_shared_out_by_number_modulo_taskCount_and_groups_without_any_have_no_task() =>
        Assert.Equal([PartitionOffsets.Of((0, 0), (3, 0)), PartitionOffsets.Of((1, 0))], Starts(Specs.Of(taskCount: 3), null, Ranges((0, 0, 9), (1, 0, 9), (3, 0, 9))));

    private static List<PartitionOffsets> Starts(SupervisorSpec spec, KafkaDataSourceMetadata? committed, ImmutableSortedDictionary<StreamPartition, OffsetRange> ranges)
    {
        var acquired = SupervisorMachine.Step(SupervisorState.Initial("wiki"), new Notice.Acquired(spec, committed, [], false), Now);
        var seen = SupervisorMachine.Step(acquired.State, new Notice.StreamObserved(ranges), Now);
        return [.. seen.Records.OfType<Record.InsertTask>().Select(r => r.Payload.IoConfig.StartSequenceNumbers.Offsets)];
    }

    private static ImmutableSortedDictionary<StreamPartition, OffsetRange> Ranges(params (int Partition, long Earliest, long Latest)[] ranges) =>
        ranges.ToImmutableSortedDictionary(r => new StreamPartition(r.Partition), r => new OffsetRange(r.Earliest, r.Latest));
}
