using System.Text.Json;

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
    public Task Tasks_read_on_without_an_overlord_that_was_killed_and_are_adopted_by_the_next() => RestartWhileReadingAsync(p => p.Stack.Overlord!.KillAsync());

    [Fact]
    public Task Tasks_read_on_without_an_overlord_that_was_stopped_by_sigterm_and_are_adopted_by_the_next() => RestartWhileReadingAsync(StopAsync);

    [Fact]
    public Task Overlord_killed_during_publishing_loses_and_doubles_nothing() => RestartWhilePublishingAsync(p => p.Stack.Overlord!.KillAsync());

    [Fact]
    public Task Overlord_stopped_by_sigterm_during_publishing_loses_and_doubles_nothing() => RestartWhilePublishingAsync(StopAsync);

    [Fact]
    public async Task Tasks_of_a_worker_that_was_killed_are_replaced_from_the_committed_offsets()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(10_000));
        await pipeline.UntilPublishedAsync(10_000);
        pipeline.HoldPublishing(); // so that what comes now is not committed when the worker dies
        pipeline.Produce(Events.Sample.Skip(10_000).Take(10_000));
        await pipeline.UntilAsync("more is read than committed", async () => (await pipeline.ReadingAsync()).Concat(await pipeline.PublishingAsync()).Any(t => t.Value > 10_000));
        var lost = await ActiveTasksAsync(pipeline);

        await worker.KillAsync();
        Assert.Equal(10_000, await pipeline.CommittedAsync());
        pipeline.LetPublish();
        await pipeline.Stack.StartWorkerAsync();
        pipeline.Produce(Events.Sample.Skip(20_000));

        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        var ended = await pipeline.EndedTasksAsync();
        Assert.Equal([], lost.Keys.Except(ended["FAILED"]));
        var replacements = (await TasksAsync(pipeline)).Where(t => t.Value > 0 && !lost.ContainsKey(t.Key) && ended["SUCCESS"].Contains(t.Key));
        Assert.Contains(10_000, replacements.Select(t => t.Value));
    }

    private static async Task StopAsync(Pipeline pipeline)
    {
        pipeline.Stack.Overlord!.Signal(SigTerm);
        await pipeline.Stack.Overlord.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private async Task RestartWhilePublishingAsync(Func<Pipeline, Task> end)
    {
        await using var pipeline = await servers.PipelineAsync();
        pipeline.HoldPublishing();
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(20_000));
        await pipeline.UntilAsync("a task publishes what it has read", async () => (await pipeline.PublishingAsync()).Values.Any(read => read > 0));
        var publishing = (await pipeline.PublishingAsync()).Single().Key;

        await end(pipeline);
        pipeline.Produce(Events.Sample.Skip(20_000));
        Assert.Equal(0, await pipeline.CommittedAsync());
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.UntilAsync("the new overlord has adopted the publishing task", async () => (await pipeline.PublishingAsync()).ContainsKey(publishing));
        pipeline.LetPublish();

        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        await pipeline.UntilAsync("the publishing task has succeeded", async () => (await pipeline.EndedTasksAsync())["SUCCESS"].Contains(publishing));
        Assert.Empty((await pipeline.EndedTasksAsync())["FAILED"]);
    }

    private async Task RestartWhileReadingAsync(Func<Pipeline, Task> end)
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(15_000));
        await pipeline.UntilAsync("the task has read something", async () => (await pipeline.ReadingAsync()).Values.Any(read => read > 0));
        var task = (await pipeline.ReadingAsync()).Single().Key;
        var chat = await pipeline.ChatAsync(task);

        await end(pipeline);
        pipeline.Produce(Events.Sample.Skip(15_000).Take(15_000));
        await pipeline.UntilAsync("the task has read on without an overlord", async () => (await pipeline.AskTaskAsync(chat, "offsets/current")).EnumerateObject().Sum(o => o.Value.GetInt64()) == 30_000);

        await pipeline.Stack.StartOverlordAsync();
        await pipeline.UntilAsync("the new overlord knows how far its task has read", async () => (await pipeline.ReadingAsync()).Count > 0);
        Assert.Equal([KeyValuePair.Create(task, 30_000L)], await pipeline.ReadingAsync()); // adopted, not replaced
        Assert.Equal([task], (await ActiveTasksAsync(pipeline)).Keys);
        pipeline.Produce(Events.Sample.Skip(30_000));
        await pipeline.SuspendAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        await pipeline.UntilAsync("the task has ended", async () => (await ActiveTasksAsync(pipeline)).Count == 0);
        Assert.Equal([task], (await pipeline.EndedTasksAsync()).SelectMany(status => status));
        Assert.Equal([task], (await pipeline.EndedTasksAsync())["SUCCESS"]);
    }

    /// <summary>All tasks that were ever made, with the sum of the offsets that they started from.</summary>
    private static Task<Dictionary<string, long>> TasksAsync(Pipeline pipeline) => StartsAsync(pipeline, "true");

    private static Task<Dictionary<string, long>> ActiveTasksAsync(Pipeline pipeline) => StartsAsync(pipeline, "active");

    private static async Task<Dictionary<string, long>> StartsAsync(Pipeline pipeline, string condition)
    {
        var json = await pipeline.ScalarAsync<string>($"SELECT coalesce(json_agg(convert_from(payload, 'UTF8')::json), '[]')::text FROM druid_tasks WHERE {condition}");
        return JsonDocument.Parse(json).RootElement.EnumerateArray().ToDictionary(t => t.GetProperty("id").GetString()!,
            t => t.GetProperty("ioConfig").GetProperty("startSequenceNumbers").GetProperty("partitionSequenceNumberMap").EnumerateObject().Sum(o => o.Value.GetInt64()));
    }
}
