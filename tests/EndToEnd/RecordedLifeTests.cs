using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Ingestion.Overlord.Tests.Api;

namespace Ingestion.EndToEnd;

/// <summary>What a real Druid 33 answered over the life of a supervisor, its tasks included, is asked of ours: same broker contents, same order, real tasks. Each answer is compared whole
/// (<see cref="ReplayedAnswer"/>); where ours differs on purpose, Recorded/differences.json says why and what is compared instead.</summary>
public sealed class RecordedLifeTests(Servers servers)
{
    [Fact]
    public async Task Supervisors_life_is_answered_as_druid_does()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Kafka.CreateTopicAsync("wiki", 4);
        Sample.Send(pipeline.Kafka.BootstrapServers, "wiki", Sample.Deal(Events.Sample.Take(4_000), 4));
        await pipeline.Stack.StartOverlordAsync("--task-logs", Path.Combine(pipeline.Folder, "task-logs"));
        await pipeline.Stack.StartWorkerAsync(capacity: 6); // one: the second replicas find no place, as in the recording
        await using var replay = new Replay(pipeline, "wiki_a", "03-supervisor-lifecycle.json");
        replay.Before("status running", () => replay.UntilReadAsync(tasks: 2, each: 2_000));
        replay.Before("stats running", () => replay.UntilCountedAsync(tasks: 2, each: 2_000));
        replay.Before("complete tasks", async () =>
        {
            await pipeline.Stack.StartWorkerAsync(capacity: 6);
            await replay.UntilReadAsync(tasks: 4, each: 2_000);
            await replay.HandOffAsync([0, 1], tasks: 4);
            await replay.UntilReadAsync(tasks: 4, each: 2_000);
        });
        replay.Before("status suspended", () => replay.UntilIdleAsync());
        replay.Before("terminate again", () => pipeline.UntilAsync("it is terminated", async () => (await pipeline.Stack.Client.SendAsync(HttpMethod.Get, "/druid/indexer/v1/supervisor/wiki_a")).Status == 404));
        await replay.RunAsync();
    }

    [Fact]
    public async Task Replicas_and_parse_errors_are_told_as_druid_does()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Kafka.CreateTopicAsync("wikick", 2);
        Sample.Send(pipeline.Kafka.BootstrapServers, "wikick", EventsWithMistakes());
        await pipeline.Stack.StartOverlordAsync("--task-logs", Path.Combine(pipeline.Folder, "task-logs"));
        foreach (var _ in (int[])[1, 2]) await pipeline.Stack.StartWorkerAsync(capacity: 3);
        await using var replay = new Replay(pipeline, "wiki_ck", "04-checkpoints-replicas-and-parse-errors.json");
        const string bothHaveReadAll = "status at change ('RUNNING', 2, 0, (6025, 6025))";
        replay.Before(bothHaveReadAll, () => replay.UntilReadAsync(tasks: 2, each: 6_025));
        replay.Before("stats", () => replay.UntilCountedAsync(tasks: 2, each: 6_000));
        replay.Before(bothHaveReadAll, async () =>
        {
            await replay.HandOffAsync([0], tasks: 2);
            await replay.UntilReadAsync(tasks: 2, each: 6_025);
        });
        await replay.RunAsync();
    }

    /// <summary>What was in the topic, as far as the recording tells: 6,000 events, 23 that cannot be parsed, one whose number is none and one without a value; 3,014 and 3,011 a partition.</summary>
    private static IEnumerable<(int Partition, byte[] Event)> EventsWithMistakes()
    {
        (string, string, string) round = ("""{"time":"not a time","page":"x"}""", "not json at all", """{"page":"no time"}""");
        byte[] Bad(string text) => Encoding.UTF8.GetBytes(text);
        IEnumerable<byte[]> Rounds(int number) => Enumerable.Repeat(round, number).SelectMany(r => (byte[][])[Bad(r.Item1), Bad(r.Item2), Bad(r.Item3)]);
        yield return (1, Bad("not json at all"));
        yield return (1, Bad("""{"time":"2015-09-12T00:46:58.771Z","added":"abcde"}"""));
        foreach (var bad in Rounds(3)) yield return (1, bad); // whichever partition is read last, the newest five are the same
        yield return (0, Bad("""{"page":"no time"}"""));
        yield return (0, null!); // a tombstone
        foreach (var dealt in Sample.Deal(Events.Sample.Take(6_000), 2)) yield return dealt;
        foreach (var bad in Rounds(4)) yield return (0, bad);
    }

    /// <summary>Asks what was recorded, request by request.</summary>
    private sealed class Replay(Pipeline pipeline, string supervisor, string recording) : IAsyncDisposable
    {
        private static readonly HashSet<string> PostsSpec = ["create", "post the same", "post the same with flag"];
        private readonly IReadOnlyList<Recording.Exchange> exchanges = [.. Recording.Read(recording)];
        private readonly Recording.Differences differences = Recording.DifferencesOf(recording[..2]);
        private readonly List<(string Note, Func<Task> Action)> before = []; // one of a note is for each time that it comes
        private readonly Dictionary<string, string> tasks = []; // ours by the recorded one
        private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };

        public void Before(string note, Func<Task> action) => before.Add((note, action));

        public async Task RunAsync()
        {
            var different = new List<string>(); // all of them, each whole
            foreach (var recorded in exchanges)
            {
                var difference = differences.Find(recorded.Note);
                if (before.FindIndex(b => b.Note == recorded.Note) is var at and >= 0)
                {
                    var (_, action) = before[at];
                    before.RemoveAt(at);
                    await action();
                }
                if (difference?.Compared == "nothing") continue;
                if (ReplayedAnswer.TaskIds($"{recorded.Path} {recorded.Body}").Any(id => !tasks.ContainsKey(id))) await MapTasksAsync();
                var (status, contentType, body) = await AskAsync(recorded);
                var expectedStatus = difference?.Status ?? recorded.Status;
                if (expectedStatus != status) different.Add($"{recorded.Note}: {expectedStatus} <> {status} {body}");
                else if (difference is not { Compared: "status" }) different.AddRange(Compared(recorded, contentType, body, difference).Select(d => $"{recorded.Note}: {d}"));
            }
            Assert.Equal([], before.Select(b => b.Note));
            Assert.True(different.Count == 0, string.Join('\n', different));
        }

        public Task UntilReadAsync(int tasks, long each) => pipeline.UntilAsync($"{tasks} tasks have read {each} each", async () =>
            (await StatusAsync()).GetProperty("activeTasks").EnumerateArray().Count(t => t.GetProperty("currentOffsets").EnumerateObject().Sum(o => o.Value.GetInt64()) == each) == tasks && (await StatusAsync()).GetProperty("latestOffsets").EnumerateObject().Any());

        /// <summary>Until the tasks' figures have caught up: these are told a little later than offsets.</summary>
        public Task UntilCountedAsync(int tasks, long each) => pipeline.UntilAsync($"{tasks} tasks have counted {each} rows each", async () =>
            (await pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/supervisor/{supervisor}/stats")).EnumerateObject().SelectMany(g => g.Value.EnumerateObject())
                .Count(t => t.Value.TryGetProperty("totals", out var totals) && totals.GetProperty("buildSegments").GetProperty("processed").GetInt64() == each) == tasks);

        public Task UntilIdleAsync() => pipeline.UntilAsync("no task is left", async () => await StatusAsync() is var status && status.GetProperty("activeTasks").GetArrayLength() + status.GetProperty("publishingTasks").GetArrayLength() == 0);

        private Task<JsonElement> StatusAsync() => pipeline.Stack.Client.StatusAsync(supervisor);

        /// <summary>Ends groups before their time, which in the recording was over, and waits until so many tasks have published.</summary>
        public async Task HandOffAsync(int[] groups, int tasks)
        {
            var before = (await pipeline.EndedTasksAsync())["SUCCESS"].Count();
            var answer = await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{supervisor}/taskGroups/handoff", JsonSerializer.Serialize(new { taskGroupIds = groups }));
            Assert.Equal(200, answer.Status);
            await pipeline.UntilAsync($"{tasks} tasks are over", async () => (await pipeline.EndedTasksAsync())["SUCCESS"].Count() == before + tasks);
        }

        /// <summary>The recorded tasks that requests name, all of them of the first group's first readers, stand for ours of that group that read.</summary>
        private async Task MapTasksAsync()
        {
            var ours = (await StatusAsync()).GetProperty("activeTasks").EnumerateArray().Where(t => t.GetProperty("startTime").ValueKind == JsonValueKind.String && t.GetProperty("startingOffsets").TryGetProperty("0", out _)).ToList();
            foreach (var (id, task) in exchanges.SelectMany(e => ReplayedAnswer.TaskIds(e.Path)).Distinct().Zip(ours)) tasks[id] = task.GetProperty("id").GetString()!;
        }

        private async Task<(int Status, string? ContentType, string Body)> AskAsync(Recording.Exchange recorded)
        {
            // Druid answers a spec with all its defaults, ours as it was posted: so that is posted.
            var body = PostsSpec.Contains(recorded.Note) && exchanges.FirstOrDefault(e => e.Note == "get spec") is { } spec ? spec.Answer : recorded.Body;
            var path = Ours(recorded.Path)!;
            var address = pipeline.Stack.Client.Address;
            if (path.StartsWith("/druid/worker/", StringComparison.Ordinal)) address = await pipeline.ChatAsync(tasks.Values.First());
            using var request = new HttpRequestMessage(new HttpMethod(recorded.Method), new Uri(address, path));
            if (body is not null) request.Content = new StringContent(Ours(body)!, Encoding.UTF8, "application/json");
            using var response = await http.SendAsync(request);
            var answer = await response.Content.ReadAsStringAsync();
            if (answer == "null") answer = "";
            if (answer.StartsWith('"')) answer = JsonSerializer.Deserialize<string>(answer)!; // as the recording has it
            return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, answer);
        }

        private string? Ours(string? text) => tasks.Aggregate(text?.Replace("localhost:9092", pipeline.Kafka.BootstrapServers, StringComparison.Ordinal), (t, task) => t?.Replace(task.Key, task.Value, StringComparison.Ordinal));

        private IEnumerable<string> Compared(Recording.Exchange recorded, string? contentType, string body, Recording.Difference? known)
        {
            if (recorded.ContentType != contentType) yield return $"content type {recorded.ContentType} <> {contentType}";
            var normal = (Func<string, string>)(text => known is { Compared: "shape" } ? ReplayedAnswer.Shape(supervisor, text) : ReplayedAnswer.Normal(supervisor, text));
            var (druids, ours) = (normal(recorded.Answer), normal(body.Replace(pipeline.Kafka.BootstrapServers, "localhost:9092", StringComparison.Ordinal)));
            if (druids != ours)
                foreach (var difference in ReplayedAnswer.Differences(druids, ours).Where(d => known?.Except.Any(path => d.StartsWith(path, StringComparison.Ordinal)) != true)) yield return difference;
        }

        public ValueTask DisposeAsync()
        {
            http.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
