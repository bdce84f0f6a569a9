using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class AssignmentTests : WorkerFixture
{
    [Fact]
    public async Task Assignment_is_idempotent_and_bounded_by_slots_and_availability_groups()
    {
        Assert.Equal((200, ""), await Assign(Payload("a", "g1")));
        Assert.Equal((200, ""), await Assign(Payload("a", "g1")));
        Assert.Equal(400, (await Assign(Payload("b", "g1"))).Status);
        Assert.Equal((200, ""), await Assign(Payload("c", "g2")));
        Assert.Equal((429, """{"error":"no slot is free for task [d]: the worker has 2"}"""), await Assign(Payload("d", "g3")));
        Assert.Equal((200, """["a","c"]"""), await Send(HttpMethod.Get, "/druid/worker/v1/tasks"));
    }

    [Fact]
    public async Task Command_of_an_older_epoch_or_another_cluster_is_refused()
    {
        Assert.Equal(200, (await Assign(Payload("a"), (CommandHeaders.Epoch, "5"), (CommandHeaders.Cluster, "one"))).Status);
        Assert.Equal((409, """{"error":"epoch 4 is over: epoch 5 has been seen"}"""), await Assign(Payload("b", "g2"), (CommandHeaders.Epoch, "4"), (CommandHeaders.Cluster, "one")));
        Assert.Equal((409, """{"error":"this worker serves cluster [one], not [two]"}"""), await Assign(Payload("b", "g2"), (CommandHeaders.Epoch, "6"), (CommandHeaders.Cluster, "two")));
        Assert.Equal(409, (await Chat(HttpMethod.Post, "pause", null, "a", (CommandHeaders.Epoch, "4"))).Status);
        Assert.Equal(5, Json((await Send(HttpMethod.Get, "/druid-internal/v1/worker/tasks")).Body).GetProperty("epoch").GetInt64());
    }

    [Fact]
    public async Task Task_that_cannot_be_run_is_listed_as_failed_with_all_that_is_wrong()
    {
        var bad = Payload(tuning: """{"maxRowsInMemory":0}""") with { DataSchema = Json("""{"dataSource":"wiki"}""") };
        Assert.Equal((200, ""), await Assign(bad));
        var report = await Until(t => t.Outcome == TaskOutcome.Failed);
        Assert.Contains("$.dataSchema", report.ErrorMsg, StringComparison.Ordinal);
        Assert.Contains("$.tuningConfig.maxRowsInMemory", report.ErrorMsg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Task_that_would_start_at_no_offset_fails_instead_of_waiting_for_ever()
    {
        var task = Payload();
        var nowhere = StreamSequence.StartOf(task.IoConfig.StartSequenceNumbers.Name, PartitionOffsets.Of((0, -1001)));

        await Assign(task with { IoConfig = task.IoConfig with { StartSequenceNumbers = nowhere } });

        Assert.Contains("partition 0 starts at -1001, which is no offset", (await Until(t => t.Outcome == TaskOutcome.Failed)).ErrorMsg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failing_task_takes_no_other_along()
    {
        await Assign(Payload("good", "g1"));
        var bad = Payload("bad", "g2");
        await Assign(bad with { IoConfig = bad.IoConfig with { ConsumerProperties = bad.IoConfig.ConsumerProperties.Add("fetch.min.bytes", "many") } });
        Assert.Contains("fetch.min.bytes", (await Until(t => t.Outcome == TaskOutcome.Failed, "bad")).ErrorMsg, StringComparison.Ordinal);
        Assert.Equal(TaskPhase.Reading, (await Until(t => t.Phase == TaskPhase.Reading, "good")).Phase);
    }

    [Fact]
    public async Task Shut_down_task_ends_and_stays_listed()
    {
        await Assign(Payload());
        await Until(t => t.Phase == TaskPhase.Reading);
        Assert.Equal((200, $$"""{"task":"{{TaskId}}"}"""), await Send(HttpMethod.Post, $"/druid/worker/v1/task/{TaskId}/shutdown"));
        Assert.Equal("Task was shut down by request", (await Until(t => t.Outcome == TaskOutcome.Failed)).ErrorMsg);
        Assert.Equal((200, "[]"), await Send(HttpMethod.Get, "/druid/worker/v1/tasks"));
    }

    [Fact]
    public async Task Worker_announces_itself_and_is_healthy()
    {
        Assert.Equal((200, "true"), await Send(HttpMethod.Get, "/status/health"));
        Assert.Equal("PUT /v1/announcement/node-1", await Overlord.Announced.WaitAsync(TimeSpan.FromSeconds(10)));
    }
}
