using System.Diagnostics;
using System.Text.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary><c>bench/rollover</c>: how long reading stands still when a task group rolls over or takes a checkpoint. Two replicas on two workers; the times are the tasks' own.</summary>
internal static class RolloverBench
{
    private const int Partitions = 4, TaskSeconds = 4, WarmUp = 10, Checkpoints = 200, RowsPerCheckpoint = 2_500, Busy = 5_000, Trickle = 10, PollMillis = 25, WorstShown = 5;
    private const double LongestGap = 100, LongestPauseAtP99 = 50; // the goals, in ms

    /// <returns>0: every goal is reached; 1: standard error says which are not.</returns>
    public static async Task<int> RunAsync(int rollovers)
    {
        var missed = new List<string>();
        await using var world = await BenchWorld.StartAsync();
        var busy = await RollOverAsync(world, "busy", Busy, rollovers, missed);
        var trickle = await RollOverAsync(world, "trickle", Trickle, rollovers, missed);
        var checkpoints = await CheckpointAsync(world, missed);
        foreach (var goal in missed) BenchWorld.Progress($"missed: {goal}");
        Console.WriteLine(JsonSerializer.Serialize(new { busy, trickle, checkpoints }));
        return missed.Count == 0 ? 0 : 1;
    }

    private static async Task<object> RollOverAsync(BenchWorld world, string name, int eventsPerSecond, int rollovers, List<string> missed)
    {
        await using var run = await Run.StartAsync(world, name, eventsPerSecond, taskDuration: $"PT{TaskSeconds}S", maxRowsPerSegment: 5_000_000);
        await using var outside = new OutsideObserver(run);
        await run.UntilAsync(tasks => tasks.Select(t => ObservedTask.GroupOf(t.Id)).Distinct().Count() > WarmUp + rollovers + 1, TimeSpan.FromSeconds(60 + (WarmUp + rollovers) * TaskSeconds * 3));
        var polled = (await outside.GapsAsync()).Skip(WarmUp).Take(rollovers).ToList();
        var groups = Groups(await run.TasksAsync()).Skip(WarmUp).Take(rollovers + 1).ToList(); // broker and services have been compiled; the last group may not have read yet
        var pairs = groups.Zip(groups.Skip(1), (old, next) => (Gaps: Gaps(run.Producer, old, next).ToList(), Split: Split.Of(old, next))).ToList();
        var gaps = pairs.SelectMany(p => p.Gaps).ToList();
        var splits = pairs.ConvertAll(p => p.Split);
        var over = gaps.Count(g => g >= LongestGap);
        if (eventsPerSecond == Busy && gaps.Count < rollovers * Partitions) missed.Add($"{name}: {gaps.Count} reading gaps were seen, not {rollovers * Partitions}");
        if (over > 0) missed.Add($"{name}: {over} of {gaps.Count} reading gaps took {LongestGap} ms or longer");
        return new
        {
            reading_gap_ms = Figures.Of(gaps),
            split_p50_ms = new { pause = Figures.Median(splits.Select(s => s.Pause)), set_end = Figures.Median(splits.Select(s => s.SetEnd)), record = Figures.Median(splits.Select(s => s.Record)), bind = Figures.Median(splits.Select(s => s.Bind)), first_fetch = Figures.Median(splits.Select(s => s.FirstFetch)) },
            split_max_ms = new { pause = splits.Max(s => s.Pause), set_end = splits.Max(s => s.SetEnd), record = splits.Max(s => s.Record), bind = splits.Max(s => s.Bind), first_fetch = splits.Max(s => s.FirstFetch) },
            worst = pairs.Where(p => p.Gaps.Count > 0).OrderByDescending(p => p.Gaps.Max()).Take(WorstShown).Select(p => new { gap = Math.Round(p.Gaps.Max(), 1), pause = p.Split.Pause, set_end = p.Split.SetEnd, record = p.Split.Record, bind = p.Split.Bind, first_fetch = p.Split.FirstFetch }),
            polled_gap_ms = Figures.Of(polled), rollovers, partitions = Partitions, events_per_s = eventsPerSecond,
        };
    }

    private static async Task<object> CheckpointAsync(BenchWorld world, List<string> missed)
    {
        await using var run = await Run.StartAsync(world, "checkpoints", Busy, taskDuration: "PT1H", RowsPerCheckpoint);
        await run.UntilAsync(tasks => tasks.Any(t => t.Checkpoints.Count > 0 && t.Checkpoints.First.Key > Checkpoints), TimeSpan.FromMinutes(10));
        var pauses = (await run.TasksAsync()).SelectMany(t => t.Pauses.Skip(1)).Select(p => (p.To - p.From).TotalMilliseconds).ToList();
        if (pauses.Count < Checkpoints) missed.Add($"checkpoints: {pauses.Count} pauses were seen, not {Checkpoints}");
        if (Figures.Quantile(pauses, 0.99) is var p99 and >= LongestPauseAtP99) missed.Add($"checkpoints: pause and set end took {p99} ms at p99, not under {LongestPauseAtP99}");
        return new { pause_and_set_end_ms = Figures.Of(pauses), replicas = 2, partitions = Partitions, events_per_s = Busy };
    }

    /// <summary>Task groups, oldest first.</summary>
    private static List<IReadOnlyList<ObservedTask>> Groups(IReadOnlyList<ObservedTask> tasks) =>
        [.. tasks.GroupBy(t => t.Group).Select(g => (IReadOnlyList<ObservedTask>)[.. g]).OrderBy(g => g.Min(t => t.Assigned))];

    /// <summary>By partition, in ms: from when a replica first had read the old group's last record until one has read the next group's first. Time in which the broker had nothing more is not counted.</summary>
    private static IEnumerable<double> Gaps(SteadyProducer producer, IReadOnlyList<ObservedTask> old, IReadOnlyList<ObservedTask> next)
    {
        foreach (var (partition, end) in old[0].Report.EndOffsets)
        {
            var first = next.Min(t => t.FirstRecord(partition));
            var last = old.Where(t => t.Report.CurrentOffsets[partition] == end).Min(t => t.LastRecord(partition));
            if (first is null || last is null || producer.At(partition.Number, end) is not { } arrived) continue; // a group may have read nothing of a trickle
            yield return Math.Max(0, (first.Value - (arrived > last.Value ? arrived : last.Value)).TotalMilliseconds);
        }
    }

    /// <summary>Where a rollover's time goes, in ms: until the first replica stands still; until an end is set; until the successor is recorded and a worker has it; until it
    /// has told its consumer what to read; until records have come.</summary>
    private sealed record Split(double Pause, double SetEnd, double Record, double Bind, double FirstFetch)
    {
        public static Split Of(IReadOnlyList<ObservedTask> old, IReadOnlyList<ObservedTask> next)
        {
            var lastRead = old.SelectMany(t => t.Report.EndOffsets.Partitions.Select(t.LastRecord)).Max() ?? old.Min(t => t.Pauses[^1].From);
            var paused = old.Min(t => t.Pauses[^1].From);
            var endSet = old.Min(t => t.EndSet)!.Value;
            var reader = next.Where(t => t.Bound is not null).MinBy(t => Read(t) ?? DateTimeOffset.MaxValue)!;
            var bound = reader.Bound!.Value;
            var fetched = reader.Fetched ?? bound; // one may have read nothing of a trickle
            return new Split(Millis(lastRead, paused), Millis(paused, endSet), Millis(endSet, reader.Assigned), Millis(reader.Assigned, bound), Millis(bound, fetched));
        }

        private static DateTimeOffset? Read(ObservedTask task) => task.Report.EndOffsets.Partitions.Min(task.FirstRecord);
        private static double Millis(DateTimeOffset from, DateTimeOffset to) => Math.Round(Math.Max(0, (to - from).TotalMilliseconds), 1);
    }

    /// <summary>A stack with one supervisor that reads what a producer sends.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly Stack stack;
        private readonly HttpClient http = new();
        private IReadOnlyList<Uri> workers = [];

        private Run(Stack stack, SteadyProducer producer) => (this.stack, Producer) = (stack, producer);

        public SteadyProducer Producer { get; }
        public IReadOnlyList<Uri> Workers => workers;

        public static async Task<Run> StartAsync(BenchWorld world, string name, int eventsPerSecond, string taskDuration, int maxRowsPerSegment)
        {
            await world.Kafka.CreateTopicAsync(name, Partitions);
            var folder = Path.Combine(world.Folder, name);
            var stack = new Stack(folder, await world.DatabaseAsync(name), Path.Combine(folder, "segments"));
            await stack.StartOverlordAsync();
            for (var worker = 0; worker < 2; worker++) await stack.StartWorkerAsync(capacity: 8);
            var run = new Run(stack, new SteadyProducer(world.Kafka.BootstrapServers, name, Partitions, eventsPerSecond));
            var spec = Workload.Raw(name).Spec(name, name, world.Kafka.BootstrapServers);
            spec["spec"]!["ioConfig"]!["taskDuration"] = taskDuration;
            spec["spec"]!["ioConfig"]!["replicas"] = 2;
            spec["spec"]!["tuningConfig"]!["maxRowsPerSegment"] = maxRowsPerSegment;
            await stack.Client.PostSpecAsync(spec.ToJsonString());
            return run;
        }

        public async Task<IReadOnlyList<ObservedTask>> TasksAsync()
        {
            var tasks = new List<ObservedTask>();
            foreach (var worker in workers)
                foreach (var report in (await WorkerStates.OfAsync(http, worker)).Tasks) tasks.Add(await ObservedTask.OfAsync(http, worker, report));
            return tasks;
        }

        public async Task UntilAsync(Func<IReadOnlyList<TaskReport>, bool> condition, TimeSpan limit)
        {
            var clock = Stopwatch.StartNew();
            var said = TimeSpan.Zero;
            while (true)
            {
                if (Producer.Problem is { } problem) throw new InvalidOperationException($"an event was not delivered: {problem}");
                workers = [.. (await stack.Client.GetAsync("/druid/indexer/v1/workers")).EnumerateArray().Select(w => new Uri($"http://{w.GetProperty("worker").GetProperty("host").GetString()}"))];
                var tasks = new List<TaskReport>();
                foreach (var worker in workers) tasks.AddRange((await WorkerStates.OfAsync(http, worker)).Tasks);
                if (condition(tasks)) return;
                if (clock.Elapsed > limit) throw new TimeoutException($"not within {limit.TotalSeconds:0} s: {tasks.Count} tasks so far, the last one {tasks.LastOrDefault()}");
                if (clock.Elapsed - said > TimeSpan.FromSeconds(20))
                {
                    said = clock.Elapsed;
                    BenchWorld.Progress($"{tasks.Count} tasks so far");
                }
                await Task.Delay(1_000);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Producer.DisposeAsync();
            http.Dispose();
            await stack.DisposeAsync();
        }
    }

    /// <summary>What somebody sees who asks the tasks for their offsets: the cross-check of the tasks' own times.</summary>
    private sealed class OutsideObserver : IAsyncDisposable
    {
        private readonly Run run;
        private readonly HttpClient http = new();
        private readonly CancellationTokenSource stop = new();
        private readonly Task<List<double>> observing;

        public OutsideObserver(Run run)
        {
            this.run = run;
            observing = Task.Run(ObserveAsync);
        }

        /// <summary>In ms, one for each change of the group that is seen furthest: since anyone was seen to get further.</summary>
        public async Task<List<double>> GapsAsync()
        {
            await stop.CancelAsync();
            return await observing;
        }

        private async Task<List<double>> ObserveAsync()
        {
            var gaps = new List<double>();
            var states = new Dictionary<Uri, WorkerState>();
            var (furthest, at, reader) = (-1L, Stopwatch.GetTimestamp(), "");
            while (!stop.IsCancellationRequested)
            {
                foreach (var worker in run.Workers)
                {
                    var state = states[worker] = await WorkerStates.OfAsync(http, worker, states.GetValueOrDefault(worker));
                    foreach (var task in state.Tasks.Where(t => t.Outcome == TaskOutcome.Running && t.CurrentOffsets.Sum(o => o.Value) > furthest))
                    {
                        var group = ObservedTask.GroupOf(task.Id);
                        if (reader.Length > 0 && group != reader) gaps.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                        (furthest, at, reader) = (task.CurrentOffsets.Sum(o => o.Value), Stopwatch.GetTimestamp(), group);
                    }
                }
                await Task.Delay(PollMillis);
            }
            return gaps;
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await observing;
            http.Dispose();
            stop.Dispose();
        }
    }
}
