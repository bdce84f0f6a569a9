namespace Ingestion.EndToEnd;

/// <summary>Processes die and come back while events flow; each event is published exactly once.</summary>
public sealed class RestartTests(Servers servers)
{
    private const int SigTerm = 15;

    [Fact]
    public async Task Everything_is_published_exactly_once_over_several_rollovers()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 3);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync(capacity: 8);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskCount"] = 2).ToJsonString());
        foreach (var batch in Events.Sample.Chunk(13_100))
        {
            pipeline.Produce(batch);
            var target = await pipeline.CommittedAsync() + 1;
            await pipeline.UntilAsync("another publish", async () => await pipeline.CommittedAsync() >= target);
        }
        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
    }

    [Fact]
    public Task Overlord_killed_in_the_middle_of_ingestion_loses_and_doubles_nothing() => RestartOverlordAsync(publishing: false, async p => await p.Stack.Overlord!.KillAsync());

    [Fact]
    public Task Overlord_killed_during_publishing_loses_and_doubles_nothing() => RestartOverlordAsync(publishing: true, async p => await p.Stack.Overlord!.KillAsync());

    [Fact]
    public Task Overlord_restarted_by_sigterm_loses_and_doubles_nothing() => RestartOverlordAsync(publishing: false, async p =>
    {
        p.Stack.Overlord!.Signal(SigTerm);
        await p.UntilAsync("the overlord has ended", () => Task.FromResult(p.Stack.Overlord!.HasExited));
    });

    [Fact]
    public async Task Worker_killed_in_the_middle_of_ingestion_loses_and_doubles_nothing()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT4S").ToJsonString());
        pipeline.Produce(Events.Sample.Take(20_000));
        await pipeline.UntilAsync("the task has read something", async () => await pipeline.ReadAsync() > 0);
        await worker.KillAsync();
        await pipeline.Stack.StartWorkerAsync();
        pipeline.Produce(Events.Sample.Skip(20_000));
        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        Assert.True(await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks WHERE NOT active AND convert_from(status_payload, 'UTF8') LIKE '%FAILED%'") > 0);
    }

    private async Task RestartOverlordAsync(bool publishing, Func<Pipeline, Task> end)
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync(capacity: 8);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => { s["spec"]!["ioConfig"]!["replicas"] = 1; s["spec"]!["ioConfig"]!["taskDuration"] = publishing ? "PT1S" : "PT6S"; }).ToJsonString());
        pipeline.Produce(Events.Sample.Take(20_000));
        await pipeline.UntilAsync("the task has read something", async () => await pipeline.ReadAsync() + await pipeline.CommittedAsync() > 0);
        if (publishing)
            await pipeline.UntilAsync("a task publishes", async () => (await pipeline.Stack.Client.StatusAsync(pipeline.Name)).GetProperty("publishingTasks").GetArrayLength() > 0 || await pipeline.CommittedAsync() > 0);
        var tasksBefore = await ActiveTasksAsync(pipeline);
        await end(pipeline);
        pipeline.Produce(Events.Sample.Skip(20_000)); // the tasks read on without an overlord
        await pipeline.Stack.StartOverlordAsync();
        if (!publishing) Assert.Equal(tasksBefore, await ActiveTasksAsync(pipeline)); // adopted, not replaced
        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        Assert.Equal(0, await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks WHERE NOT active AND convert_from(status_payload, 'UTF8') LIKE '%FAILED%'"));
    }

    private static Task<string> ActiveTasksAsync(Pipeline pipeline) => pipeline.ScalarAsync<string>("SELECT coalesce(string_agg(id, ',' ORDER BY id), '') FROM druid_tasks WHERE active");
}
