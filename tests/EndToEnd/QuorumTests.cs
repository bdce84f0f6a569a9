using System.Diagnostics;
using System.Globalization;
using Ingestion.Contracts.Tasks;
using Ingestion.Embedded;
using Ingestion.Support;

namespace Ingestion.EndToEnd;

/// <summary>A ZooKeeper ensemble that elects our leader loses members: as long as a majority lives this costs nothing; without one nobody leads, tasks read on, and all goes on when it is back.</summary>
public sealed class QuorumTests(Servers servers)
{
    private const int SessionSeconds = 10;
    private static readonly TimeSpan Session = TimeSpan.FromSeconds(SessionSeconds);

    /// <summary>Of ensembles: 3, and what QUORUM_MEMBERS has instead (3,5,6 in a full run).</summary>
    public static TheoryData<int> Sizes => new((Environment.GetEnvironmentVariable("QUORUM_MEMBERS") is { Length: > 0 } sizes ? sizes : "3").Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray());

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Leader_keeps_its_epoch_while_a_majority_lives_and_stands_down_when_it_is_lost(int size)
    {
        Assert.SkipUnless(ZooKeeperEnsemble.Missing is null, ZooKeeperEnsemble.Missing ?? "");
        await using var pipeline = await servers.PipelineAsync();
        await using var ensemble = await ZooKeeperEnsemble.StartAsync(Path.Combine(pipeline.Folder, "zookeeper"), size);
        var client = pipeline.Stack.Client;
        await pipeline.Stack.StartOverlordAsync("--coordination", "zookeeper", "--zookeeper", $"{ensemble.Connect}/druid", "--zookeeper-session-timeout", $"{SessionSeconds}");
        var worker = await pipeline.Stack.StartWorkerAsync();
        await client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(5_000));
        await pipeline.UntilAsync("the task has read them", async () => await pipeline.ReadAsync() == 5_000);
        var task = (await pipeline.ReadingAsync()).Single().Key;
        var majority = (size / 2) + 1;
        Assert.Equal((size, majority, size - majority), await SeenAsync(client));

        // The ensemble's own leader, and then its successors, as many as may be lost, in each of three ways.
        (string Name, Func<int, Task> End)[] ways = [("stopped", ensemble.StopMemberAsync), ("interrupted", ensemble.InterruptMemberAsync), ("killed", ensemble.KillMemberAsync)];
        foreach (var (name, end) in ways)
        {
            var lost = new List<int>();
            while (lost.Count < size - majority)
            {
                var leader = await ensemble.LeaderAsync();
                lost.Add(leader);
                await LeadsOnAsync($"{size} members, leader {leader + 1} {name}, {lost.Count} lost", client, async () =>
                {
                    await end(leader);
                    await ensemble.UntilServingAsync(size - lost.Count);
                });
                Assert.Equal((size - lost.Count, majority, size - majority - lost.Count), await SeenAsync(client));
            }
            foreach (var member in lost) await ensemble.StartMemberAsync(member);
            await ensemble.UntilServingAsync(size);
        }
        await LeadsOnAsync($"{size} members, one slowed by 500 ms", client, async () => await SlowAsync(ensemble, (await ensemble.LeaderAsync() + 1) % size));
        pipeline.Produce(Events.Sample.Skip(5_000).Take(5_000));
        await pipeline.UntilAsync("the same task has read on", async () => (await pipeline.ReadingAsync()).GetValueOrDefault(task) == 10_000);

        // One more than may be lost.
        var chat = await pipeline.ChatAsync(task);
        var gone = Enumerable.Range(0, size - majority + 1).ToList();
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(gone.Select(ensemble.KillMemberAsync));
        await pipeline.UntilAsync("the leader stands down", async () => (await client.SendAsync(HttpMethod.Get, "/druid/indexer/v1/isLeader")).Status == 404);
        var stoodDown = Stopwatch.GetElapsedTime(began);
        Write($"{size} members, {gone.Count} lost: the leader stood down after {stoodDown.TotalMilliseconds:0} ms");
        Assert.True(stoodDown < Session + TimeSpan.FromSeconds(1), $"it led on for {stoodDown.TotalSeconds:0.0} s, its session's timeout is {SessionSeconds} s");
        pipeline.Produce(Events.Sample.Skip(10_000).Take(5_000));
        await pipeline.UntilAsync("the task reads on", async () => (await pipeline.AskTaskAsync(chat, "offsets/current")).EnumerateObject().Sum(o => o.Value.GetInt64()) == 15_000);
        var alone = await client.GetAsync("/status/coordination");
        Assert.False(alone.GetProperty("zooKeeper").GetProperty("isServing").GetBoolean());
        // Its end is set, as by the leader before it was lost: it publishes now, or would.
        await pipeline.TellTaskAsync(chat, "offsets/end?finish=true", await pipeline.TellTaskAsync(chat, "pause"));
        await pipeline.UntilAsync("the task asks in vain to publish", async () => (await File.ReadAllTextAsync(worker.LogPath)).Contains($"task [{task}]: {nameof(TaskAction.SegmentTransactionalInsert)} has no answer yet", StringComparison.Ordinal));
        Assert.Equal(0, await pipeline.CommittedAsync());

        began = Stopwatch.GetTimestamp();
        await ensemble.StartMemberAsync(gone[0]);
        await pipeline.UntilAsync("leadership is back", async () => (await client.SendAsync(HttpMethod.Get, "/druid/indexer/v1/isLeader")).Status == 200);
        Write($"{size} members, one back: leading again after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        Assert.Equal(2, (await client.GetAsync("/status/coordination")).GetProperty("epoch").GetInt64());
        await pipeline.UntilPublishedAsync(15_000);
        await pipeline.UntilAsync("the task that could not publish has ended", async () => (await pipeline.EndedTasksAsync()).Count > 0);
        Assert.Equal([task], (await pipeline.EndedTasksAsync())["SUCCESS"]);
        pipeline.Produce(Events.Sample.Skip(15_000).Take(5_000));
        await pipeline.SuspendAsync(20_000);
        Events.AssertExactly(Events.Sample.Take(20_000), await pipeline.RowsAsync());
    }

    /// <summary>The overlord leads, with the same epoch, from before an outage until a session's timeout after it.</summary>
    private static async Task LeadsOnAsync(string what, OverlordClient client, Func<Task> outage)
    {
        var began = Stopwatch.GetTimestamp();
        var (ending, after) = (outage(), TimeSpan.Zero);
        while (!ending.IsCompleted || Stopwatch.GetElapsedTime(began) < after + Session)
        {
            if (!ending.IsCompleted) after = Stopwatch.GetElapsedTime(began);
            var status = await client.GetAsync("/status/coordination");
            Assert.True(status.GetProperty("self").GetProperty("isLeader").GetBoolean() && status.GetProperty("epoch").GetInt64() == 1, $"{what}, after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {status}");
            await Task.WhenAny(ending, Task.Delay(TimeSpan.FromMilliseconds(50)));
        }
        await ending;
        Write($"{what}: served again after {after.TotalMilliseconds:0} ms");
    }

    private static async Task SlowAsync(ZooKeeperEnsemble ensemble, int member)
    {
        for (var i = 0; i < 5; i++)
        {
            ensemble.FreezeMember(member);
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            ensemble.ContinueMember(member);
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private static async Task<(int Serving, int Majority, int MayLose)> SeenAsync(OverlordClient client)
    {
        (int, int, int) seen = default;
        Assert.True(await Waiting.UntilAsync(async () =>
        {
            var ensemble = (await client.GetAsync("/status/coordination")).GetProperty("zooKeeper");
            seen = (ensemble.GetProperty("serving").GetInt32(), ensemble.GetProperty("majority").GetInt32(), ensemble.GetProperty("mayLose").GetInt32());
            return seen.Item1 > 0;
        }, TimeSpan.FromSeconds(20)));
        return seen;
    }

    private static void Write(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
