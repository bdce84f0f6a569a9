using System.Diagnostics;
using Ingestion.Contracts.Tasks;
using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

/// <summary>Workers are killed, stopped and told to end while their tasks read; each event is published exactly once.</summary>
public sealed class WorkerLossTests(Servers servers)
{
    private const int SigTerm = 15, SigCont = 18, SigStop = 19, First = 10_000;

    [Fact]
    public async Task Task_of_a_killed_worker_is_replaced_and_reads_elsewhere_within_five_seconds()
    {
        await using var pipeline = await StartAsync(workers: 2);
        var (lost, victim) = await ReadingTaskAsync(pipeline);

        var clock = Stopwatch.StartNew();
        await victim.KillAsync();
        await UntilReadByAnotherAsync(pipeline, lost);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Contains("Previously active node is missing", await File.ReadAllTextAsync(pipeline.Stack.Overlord!.LogPath), StringComparison.Ordinal);
        await PublishAsync(pipeline);
    }

    [Fact]
    public async Task Task_of_a_stopped_worker_is_replaced_within_five_seconds_and_ended_when_the_worker_goes_on()
    {
        await using var pipeline = await StartAsync(workers: 2);
        var (lost, victim) = await ReadingTaskAsync(pipeline);

        var clock = Stopwatch.StartNew();
        victim.Signal(SigStop);
        await UntilReadByAnotherAsync(pipeline, lost);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        victim.Signal(SigCont);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var address = await AddressAsync(victim);
        await pipeline.UntilAsync("the worker that was stopped is told to end its task", async () => (await WorkerStates.OfAsync(http, address)).Tasks.All(t => t.Id != lost || t.Outcome != TaskOutcome.Running));
        await PublishAsync(pipeline);
    }

    [Fact]
    public async Task Overlord_that_stood_still_for_three_seconds_loses_no_worker()
    {
        await using var pipeline = await StartAsync(workers: 2);
        var (task, _) = await ReadingTaskAsync(pipeline);
        pipeline.Stack.Overlord!.Signal(SigStop);
        await Task.Delay(TimeSpan.FromSeconds(3)); // what is tested is time that passes
        pipeline.Stack.Overlord.Signal(SigCont);
        await PublishAsync(pipeline);
        Assert.Equal([task], (await pipeline.EndedTasksAsync())["SUCCESS"]);
        Assert.DoesNotContain("Previously active node is missing", await File.ReadAllTextAsync(pipeline.Stack.Overlord.LogPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_that_is_told_to_end_hands_its_tasks_on_publishes_and_is_gone()
    {
        await using var pipeline = await StartAsync(workers: 2);
        var (task, leaving) = await ReadingTaskAsync(pipeline);
        leaving.Signal(SigTerm);
        await leaving.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([task], (await pipeline.EndedTasksAsync())["SUCCESS"]);
        Assert.Equal(First, await pipeline.CommittedAsync());
        pipeline.Produce(Events.Sample.Skip(First));
        await UntilReadByAnotherAsync(pipeline, task);
        await pipeline.SuspendAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        Assert.Equal([], (await pipeline.EndedTasksAsync())["FAILED"]);
        Assert.DoesNotContain("Previously active node is missing", await File.ReadAllTextAsync(pipeline.Stack.Overlord!.LogPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_worker_drains_too_and_its_task_goes_on_in_the_next_one()
    {
        await using var pipeline = await StartAsync(workers: 1);
        var (task, leaving) = await ReadingTaskAsync(pipeline);
        Assert.Equal(200, await PutStateAsync(leaving, "SHUTTING_DOWN"));
        await leaving.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([task], (await pipeline.EndedTasksAsync())["SUCCESS"]);
        await pipeline.Stack.StartWorkerAsync();
        await PublishAsync(pipeline);
        Assert.Equal([], (await pipeline.EndedTasksAsync())["FAILED"]);
    }

    private async Task<Pipeline> StartAsync(int workers)
    {
        var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        for (var i = 0; i < workers; i++) await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(First));
        await pipeline.UntilAsync("the first events are read", async () => await pipeline.ReadAsync() == First);
        return pipeline;
    }

    private static async Task<(string Task, ChildProcess Worker)> ReadingTaskAsync(Pipeline pipeline)
    {
        var task = (await pipeline.ReadingAsync()).Keys.Single();
        var port = (await pipeline.ChatAsync(task)).Port;
        foreach (var worker in pipeline.Stack.Workers)
            if ((await AddressAsync(worker)).Port == port) return (task, worker);
        throw new InvalidOperationException($"no worker listens at port {port}");
    }

    private static Task UntilReadByAnotherAsync(Pipeline pipeline, string lost) => pipeline.UntilAsync("another task reads", async () => (await pipeline.ReadingAsync()).Any(t => t.Key != lost && t.Value > 0));

    private static async Task PublishAsync(Pipeline pipeline)
    {
        pipeline.Produce(Events.Sample.Skip(First));
        await pipeline.SuspendAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
    }

    private static async Task<int> PutStateAsync(ChildProcess worker, string state)
    {
        using var http = new HttpClient();
        using var answer = await http.PutAsync(new Uri(await AddressAsync(worker), "/v1/info/state"), new StringContent($"\"{state}\""));
        return (int)answer.StatusCode;
    }

    private static async Task<Uri> AddressAsync(ChildProcess worker) =>
        new((await File.ReadAllLinesAsync(worker.LogPath)).First(l => l.StartsWith("worker listening", StringComparison.Ordinal)).Split(' ')[^1]);
}
