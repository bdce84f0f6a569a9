using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Naming;

namespace Ingestion.Supervisor.Tests;

public sealed class TaskNamingTests
{
    private static readonly PartitionOffsets Start = PartitionOffsets.Of((0, 5), (10, 7));

    [Fact]
    public void Base_sequence_name_has_Druids_form() =>
        Assert.Matches("^index_kafka_wiki_[0-9a-f]{15}$", TaskNaming.BaseSequenceName(Specs.Of(), Start, null, null));

    [Fact]
    public void Base_sequence_name_follows_what_makes_other_segments_and_nothing_else()
    {
        var name = TaskNaming.BaseSequenceName(Specs.Of(), Start, null, null);
        Assert.Equal(name, TaskNaming.BaseSequenceName(Specs.Of(taskCount: 3, replicas: 2, taskDuration: "PT5M"), Start, null, null));
        Assert.NotEqual(name, TaskNaming.BaseSequenceName(Specs.Of(maxRowsPerSegment: 7), Start, null, null));
        Assert.NotEqual(name, TaskNaming.BaseSequenceName(Specs.Of(), Start.With(0, 6), null, null));
        Assert.NotEqual(name, TaskNaming.BaseSequenceName(Specs.Of(), Start, DateTimeOffset.UnixEpoch, null));
    }

    [Fact]
    public void Task_id_suffix_is_eight_letters_from_a_to_p_and_differs_by_replica_and_attempt()
    {
        string[] ids = [TaskNaming.TaskId("s_0", "s", 0, 1), TaskNaming.TaskId("s_0", "s", 1, 1), TaskNaming.TaskId("s_0", "s", 0, 2), TaskNaming.TaskId("s_1", "s", 0, 1)];
        Assert.All(ids, id => Assert.Matches("^s_[a-p]{8}$", id));
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Equal(ids[0], TaskNaming.TaskId("s_0", "s", 0, 1));
    }

    [Fact]
    public void Task_is_recognised_after_a_round_through_storage_and_not_under_another_spec()
    {
        var spec = Specs.Of(context: """{"note":"käse & <b>","useConcurrentLocks":true}""");
        var stored = IndexTaskPayload.FromJson(FirstTask(spec).ToJson());
        Assert.True(TaskNaming.IsCurrent(stored, spec));
        Assert.True(TaskNaming.IsCurrent(stored, Specs.Of(taskCount: 4)));
        Assert.False(TaskNaming.IsCurrent(stored, Specs.Of(maxRowsPerSegment: 7)));
        Assert.False(TaskNaming.IsCurrent(stored, Specs.Of(topic: "other")));
    }

    [Fact]
    public void Task_payload_is_as_Druids_supervisor_writes_it()
    {
        var spec = Specs.Of(extra: ",\"lateMessageRejectionPeriod\":\"PT1H\",\"earlyMessageRejectionPeriod\":\"PT2H\"", context: """{"useConcurrentLocks":true}""");
        var task = FirstTask(spec);
        Assert.Equal(("wiki", "index_kafka_wiki", task.IoConfig.BaseSequenceName, 60L), (task.Supervisor, task.GroupId, task.Resource.AvailabilityGroup, task.IoConfig.RefreshRejectionPeriodsInMinutes));
        Assert.Equal("""{"checkpoints":"{\u00220\u0022:{\u00220\u0022:0}}","useLineageBasedSegmentAllocation":true,"IS_INCREMENTAL_HANDOFF_SUPPORTED":true,"forceTimeChunkLock":true,"useConcurrentLocks":true}""", task.Context!.Value.GetRawText());
        Assert.Equal((Now - TimeSpan.FromHours(1), Now + TimeSpan.FromHours(3)), (task.IoConfig.MinimumMessageTime!.Value, task.IoConfig.MaximumMessageTime!.Value));
        Assert.Equal(StreamSequence.EndOf("wiki", PartitionOffsets.Of((0, PartitionOffsets.Unbounded))), task.IoConfig.EndSequenceNumbers);
        Assert.Equal(JsonValueKind.Object, task.IoConfig.InputFormat.ValueKind);
    }

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static IndexTaskPayload FirstTask(SupervisorSpec spec)
    {
        var acquired = SupervisorMachine.Step(SupervisorState.Initial("wiki"), new Notice.Acquired(spec, null, [], false), Now);
        var seen = SupervisorMachine.Step(acquired.State, new Notice.StreamObserved(System.Collections.Immutable.ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 10))), Now);
        return Assert.Single(seen.Records.OfType<Record.InsertTask>()).Payload;
    }
}
