using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Core;

namespace Ingestion.IndexTask.Tests.Core;

public sealed class TaskMachineTests
{
    private const long Unbounded = PartitionOffsets.Unbounded;

    private static PartitionOffsets At(long first, long second) => PartitionOffsets.Of((0, first), (1, second));

    private static TaskMachine Reading(PartitionOffsets? end = null, Checkpoints? start = null, long maxRowsPerSegment = 100)
    {
        var machine = new TaskMachine(new TaskPlan { BaseSequenceName = "base", Start = start ?? Checkpoints.StartingAt(At(10, 20)), End = end ?? At(Unbounded, Unbounded), MaxRowsPerSegment = maxRowsPerSegment, MaxTotalRows = 1_000 });
        machine.BeginStarting();
        machine.BeginReading(0);
        return machine;
    }

    [Fact]
    public void Records_count_once_and_move_the_current_offset()
    {
        var machine = Reading();
        var sequence = machine.SequenceOf(0, 10);
        machine.Advance(0, 11);
        Assert.Equal("base_0", sequence?.Name);
        Assert.Null(machine.SequenceOf(0, 10));
        Assert.Equal(At(11, 20), machine.Current);
    }

    [Fact]
    public void Pause_answers_the_current_offsets_and_end_offsets_open_the_next_sequence()
    {
        var machine = Reading();
        machine.Advance(0, 15);
        Assert.Equal(At(15, 20), machine.Pause(0));
        Assert.Equal(new EndOffsetsAnswer.Accepted(At(17, 20), Changed: true), machine.SetEndOffsets(At(17, 20), finish: false, 1));
        Assert.Equal(TaskPhase.Reading, machine.Phase);
        Assert.Equal(("base_0", "base_1", "base_1"), (machine.SequenceOf(0, 16)?.Name, machine.SequenceOf(0, 17)?.Name, machine.SequenceOf(1, 20)?.Name));
        Assert.Equal(Checkpoints.StartingAt(At(10, 20)).With(1, At(17, 20)), machine.Checkpoints);
        Assert.Equal(At(Unbounded, Unbounded), machine.End);
    }

    [Fact]
    public void Sequence_is_handed_over_once_all_its_partitions_are_read()
    {
        var machine = Reading();
        machine.Pause(0);
        machine.SetEndOffsets(At(12, 21), finish: false, 0);
        machine.Advance(0, 12);
        Assert.Empty(machine.TakeRead());
        machine.Advance(1, 21);
        Assert.Equal([new ReadSequence(0, "base_0", At(10, 20), At(12, 21), HasEnd: true)], machine.TakeRead());
        Assert.Empty(machine.TakeRead());
        machine.Published(0);
        Assert.Equal(new Checkpoints([KeyValuePair.Create(1, At(12, 21))]), machine.Checkpoints);
    }

    [Fact]
    public void Task_publishes_when_all_is_read_and_is_complete_when_all_is_published()
    {
        var machine = Reading();
        machine.Pause(0);
        machine.SetEndOffsets(At(11, 20), finish: true, 0);
        Assert.Equal(At(11, 20), machine.End);
        machine.Advance(0, 11);
        Assert.Single(machine.TakeRead());
        Assert.Equal((TaskPhase.Publishing, false), (machine.Phase, machine.IsComplete));
        machine.Published(0);
        Assert.True(machine.IsComplete);
    }

    [Fact]
    public void Gap_at_the_end_offset_counts_as_read()
    {
        var machine = Reading(end: At(15, 20));
        machine.Advance(0, 13); // 13 and 14 are transaction markers, so the end of the partition is told instead
        machine.Advance(0, 16);
        Assert.Single(machine.TakeRead());
        Assert.Equal((TaskPhase.Publishing, At(15, 20)), (machine.Phase, machine.Current));
    }

    [Fact]
    public void Record_behind_the_end_belongs_to_the_next_task()
    {
        var machine = Reading(end: At(12, 20));
        Assert.Null(machine.SequenceOf(0, 12));
        machine.Advance(0, 13);
        Assert.True(machine.IsDone(0));
    }

    [Fact]
    public void Given_checkpoints_become_sequences_that_end_where_the_next_begins()
    {
        var machine = Reading(start: Checkpoints.None.With(3, At(10, 20)).With(4, At(12, 20)));
        Assert.Equal(("base_3", "base_4", "base_4"), (machine.SequenceOf(0, 11)?.Name, machine.SequenceOf(0, 12)?.Name, machine.SequenceOf(1, 20)?.Name));
        machine.Advance(0, 12);
        Assert.Equal([3], machine.TakeRead().Select(s => s.Id));
    }

    [Fact]
    public void Duplicate_end_offsets_are_accepted_and_resume_the_task()
    {
        var machine = Reading();
        machine.Pause(0);
        machine.SetEndOffsets(At(12, 20), finish: false, 0);
        machine.Pause(1);
        Assert.Equal(new EndOffsetsAnswer.Accepted(At(12, 20), Changed: false), machine.SetEndOffsets(At(12, 20), finish: false, 1));
        Assert.Equal(TaskPhase.Reading, machine.Phase);
        machine.Pause(2);
        machine.SetEndOffsets(At(14, 20), finish: true, 2);
        Assert.Equal(new EndOffsetsAnswer.Accepted(At(14, 20), Changed: false), machine.SetEndOffsets(At(14, 20), finish: true, 3));
    }

    [Theory]
    [InlineData(true, "", "No sequence numbers provided for setEndOffsets")]
    [InlineData(true, "7:1", "Request contains partitions not being handled by this task, my partitions: [0, 1]")]
    [InlineData(false, "0:15", "Task must be paused before changing the end offsets")]
    [InlineData(true, "0:15", "Request must name all partitions of this task: [0, 1]")]
    [InlineData(true, "0:11,1:30", "End sequence must be >= current sequence for partition [0] (current: 12)")]
    public void End_offsets_are_refused_with_reason_and_current_offsets(bool paused, string offsets, string reason)
    {
        var machine = Reading();
        machine.Advance(0, 12);
        if (paused) machine.Pause(0);
        var given = new PartitionOffsets(offsets.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(e => KeyValuePair.Create(new StreamPartition(int.Parse(e.Split(':')[0])), long.Parse(e.Split(':')[1]))));
        Assert.Equal(new EndOffsetsAnswer.Refused(reason, At(12, 20)), machine.SetEndOffsets(given, finish: true, 0));
    }

    [Fact]
    public void Second_end_of_a_task_is_refused()
    {
        var machine = Reading();
        machine.Pause(0);
        machine.SetEndOffsets(At(15, 20), finish: true, 0);
        Assert.Equal("Sequence [base_0] already has endOffsets set, cannot set to [{0:16, 1:20}]", Assert.IsType<EndOffsetsAnswer.Refused>(machine.SetEndOffsets(At(16, 20), finish: true, 0)).Reason);
    }

    [Fact]
    public void Pause_runs_out_after_its_lease_and_voids_what_was_answered()
    {
        var machine = Reading();
        machine.Pause(0);
        machine.Tick(1_999);
        Assert.Equal(TaskPhase.Paused, machine.Phase);
        machine.Tick(2_000);
        Assert.Equal(TaskPhase.Reading, machine.Phase);
        machine.Advance(0, 30);
        Assert.Equal(new EndOffsetsAnswer.Refused("Task must be paused before changing the end offsets", At(30, 20)), machine.SetEndOffsets(At(15, 20), finish: true, 2_001));
    }

    [Fact]
    public void Pause_is_renewed_by_another()
    {
        var machine = Reading();
        machine.Pause(0);
        machine.Pause(1_500);
        machine.Tick(2_500);
        Assert.Equal((TaskPhase.Paused, 3_500L), (machine.Phase, machine.Deadline));
    }

    [Fact]
    public void Full_segment_pauses_the_task_for_a_checkpoint()
    {
        var machine = Reading();
        machine.Advance(0, 50);
        Assert.False(machine.BeginCheckpoint(99, 99, 0));
        Assert.True(machine.BeginCheckpoint(100, 100, 0));
        Assert.Equal((TaskPhase.Paused, true), (machine.Phase, machine.AwaitsCheckpoint));
        machine.SetEndOffsets(At(50, 20), finish: false, 5);
        Assert.Equal((TaskPhase.Reading, false), (machine.Phase, machine.AwaitsCheckpoint));
    }

    [Fact]
    public void Checkpoint_that_does_not_come_lets_the_task_read_on_and_ask_again()
    {
        var machine = Reading();
        machine.Advance(0, 50);
        Assert.True(machine.BeginCheckpoint(100, 100, 0));
        machine.Tick(10_000);
        Assert.Equal(TaskPhase.Reading, machine.Phase);
        Assert.False(machine.BeginCheckpoint(150, 150, 10_001));
        Assert.True(machine.BeginCheckpoint(200, 200, 20_000));
    }

    [Fact]
    public void Task_whose_end_is_set_asks_for_no_checkpoint()
    {
        var machine = Reading(end: At(1_000, 1_000));
        machine.Advance(0, 500);
        Assert.False(machine.BeginCheckpoint(1_000, 5_000, 0));
    }

    [Fact]
    public void Publishing_task_cannot_be_paused()
    {
        var machine = Reading(end: At(10, 20));
        machine.TakeRead();
        Assert.Equal((TaskPhase.Publishing, (PartitionOffsets?)null), (machine.Phase, machine.Pause(0)));
    }
}
