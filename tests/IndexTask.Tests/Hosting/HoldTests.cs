using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class HoldTests : WorkerFixture
{
    private async Task HoldAfterOneRecord(long leaseMillis)
    {
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload());
        await UntilRead(PartitionOffsets.Of((0, 1), (1, 0)));
        Assert.Equal(200, (await Chat(HttpMethod.Post, $"hold?leaseMillis={leaseMillis}")).Status);
    }

    [Fact]
    public async Task Held_task_stays_in_reading_says_why_it_reads_nothing_and_reads_on_when_told()
    {
        await HoldAfterOneRecord(60_000);
        var held = await Until(t => t.ErrorMsg is not null);
        Assert.Equal((TaskOutcome.Running, TaskPhase.Reading, "it is ahead of another replica of its group and waits for it"), (held.Outcome, held.Phase, held.ErrorMsg));
        Kafka.Produce("events", 0, Event("b"));
        await Chat(HttpMethod.Post, "hold?leaseMillis=60000");
        Assert.Equal((200, """{"0":1,"1":0}"""), await Chat(HttpMethod.Get, "offsets/current"));
        await Chat(HttpMethod.Post, "hold?leaseMillis=0");
        Assert.Null((await UntilRead(PartitionOffsets.Of((0, 2), (1, 0)))).ErrorMsg);
    }

    [Fact]
    public async Task Held_task_reads_on_when_its_lease_runs_out()
    {
        await HoldAfterOneRecord(50);
        Kafka.Produce("events", 0, Event("b"));
        await UntilRead(PartitionOffsets.Of((0, 2), (1, 0)));
    }

    [Fact]
    public async Task Held_task_counts_as_idle()
    {
        await HoldAfterOneRecord(60_000);
        Assert.InRange((await Until(t => t.PollIdleRatio is not null)).PollIdleRatio!.Value, 0.5, 1);
    }

    [Fact]
    public async Task Held_task_pauses_at_once_and_an_end_lets_it_read_up_to_there()
    {
        await HoldAfterOneRecord(60_000);
        Assert.Equal((200, """{"0":1,"1":0}"""), await Chat(HttpMethod.Post, "pause"));
        Kafka.Produce("events", 0, Event("b"), Event("c"));
        Assert.Equal(200, (await Chat(HttpMethod.Post, "offsets/end", """{"0":2,"1":0}""")).Status);
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
    }
}
