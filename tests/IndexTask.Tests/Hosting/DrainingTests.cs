using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class DrainingTests : WorkerFixture
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Draining_worker_takes_no_tasks_and_ends_when_those_it_has_are_over_and_an_overlord_knows()
    {
        await Assign(Payload("a", "g1"));
        await Until(t => t.Phase == TaskPhase.Reading, "a");
        Assert.Equal((200, "\"ACTIVE\""), await Send(HttpMethod.Get, "/v1/info/state"));

        Assert.Equal((200, ""), await Send(HttpMethod.Put, "/v1/info/state", "\"SHUTTING_DOWN\""));
        Assert.Equal((200, "\"SHUTTING_DOWN\""), await Send(HttpMethod.Get, "/v1/info/state"));
        Assert.Equal((429, """{"error":"the worker is draining: it takes no new tasks"}"""), await Assign(Payload("b", "g2")));
        Assert.Equal(LifeState.ShuttingDown, (await State("")).State);
        Assert.False(Worker.Drained.IsCompleted);

        await Send(HttpMethod.Post, "/druid/worker/v1/task/a/shutdown");
        await Until(t => t.Outcome == TaskOutcome.Failed, "a");
        var known = await State("");
        Assert.False(Worker.Drained.IsCompleted); // nobody who follows it has been told
        await State($"&boot={known.BootId}&since={known.Revision}");
        await Worker.Drained.WaitAsync(Bound);
        Assert.Equal((409, """{"error":"this worker ends: it was told so by SIGTERM, or has nothing left to do"}"""), await Send(HttpMethod.Put, "/v1/info/state", "\"ACTIVE\""));
    }

    [Fact]
    public async Task Draining_is_taken_back_while_tasks_run()
    {
        await Assign(Payload("a", "g1"));
        await Send(HttpMethod.Put, "/v1/info/state", "\"SHUTTING_DOWN\"");
        Assert.Equal((200, ""), await Send(HttpMethod.Put, "/v1/info/state", "\"ACTIVE\""));
        Assert.Equal((200, ""), await Assign(Payload("b", "g2")));
        foreach (var id in new[] { "a", "b" }) await Send(HttpMethod.Post, $"/druid/worker/v1/task/{id}/shutdown");
        await Until(t => t.Outcome == TaskOutcome.Failed, "b");
        Assert.Equal((200, "\"ACTIVE\""), await Send(HttpMethod.Get, "/v1/info/state"));
        Assert.False(Worker.Drained.IsCompleted);
    }

    [Fact]
    public async Task By_sigterm_it_drains_only_where_an_overlord_follows_it_and_for_good()
    {
        await Assign(Payload("a", "g1"));
        Assert.False(Worker.TryDrain());
        var state = await State("");
        await State($"&boot={state.BootId}&since={state.Revision}");
        Assert.True(Worker.TryDrain());
        Assert.Equal(409, (await Send(HttpMethod.Put, "/v1/info/state", "\"ACTIVE\"")).Status);
        await Worker.Drained.WaitAsync(Bound); // the task still reads, but nobody follows the worker any more
        Assert.Equal((200, """["a"]"""), await Send(HttpMethod.Get, "/druid/worker/v1/tasks"));
    }

    [Theory]
    [InlineData("\"INACTIVE\""), InlineData("SHUTTING_DOWN"), InlineData("{}"), InlineData("")]
    public async Task Other_states_cannot_be_asked_for(string body) =>
        Assert.Equal((400, """{"error":"the JSON string \u0022SHUTTING_DOWN\u0022 or \u0022ACTIVE\u0022 is expected"}"""), await Send(HttpMethod.Put, "/v1/info/state", body));
}
