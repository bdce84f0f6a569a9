using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Embedded;
using Ingestion.Overlord.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ingestion.Overlord.Tests.Discovery;

/// <summary>Calls to a worker that are answered well, badly, late, or not at all.</summary>
public sealed class WorkerClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20), Short = TimeSpan.FromMilliseconds(200);
    private static readonly PartitionOffsets End = PartitionOffsets.Of((0, 7));

    private readonly ConcurrentQueue<(string Request, string Headers, string Body)> asked = new();
    private readonly ConcurrentQueue<(int Status, string Body)> answers = new();
    private readonly TaskCompletionSource never = new();
    private readonly HttpClient http = new();
    private readonly WebApplication worker;
    private WorkerClient client = null!;

    public WorkerClientTests()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        worker = builder.Build();
        worker.Run(AnswerAsync);
    }

    public async ValueTask InitializeAsync()
    {
        await worker.StartAsync();
        client = Client(new Uri(worker.Urls.First()));
    }

    public async ValueTask DisposeAsync()
    {
        never.SetResult();
        http.Dispose();
        await worker.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Commands_say_whose_they_are_and_for_which_task()
    {
        answers.Enqueue((200, """{"0":7}"""));
        await client.SetEndOffsetsAsync("t1", End, finish: false, staysPaused: false, Long, CancellationToken.None);
        answers.Enqueue((200, """{"0":7}"""));
        await client.SetEndOffsetsAsync("t1", End, finish: false, staysPaused: true, Long, CancellationToken.None);
        Assert.Equal(
        [
            ("POST /druid/worker/v1/chat/t1/offsets/end?finish=false", "epoch 3, cluster c, task t1", """{"0":7}"""),
            ("POST /druid/worker/v1/chat/t1/offsets/end?finish=false&staysPaused=true", "epoch 3, cluster c, task t1", """{"0":7}"""),
        ], asked);
    }

    [Fact]
    public async Task Pause_that_comes_later_is_asked_for_again_until_the_task_stands()
    {
        foreach (var answer in ((int, string)[])[(202, "not yet"), (202, "not yet"), (200, """{"0":5,"t:1":6}""")]) answers.Enqueue(answer);
        Assert.Equal(PartitionOffsets.Of((0, 5), (new StreamPartition("t", 1), 6)), await client.PauseAsync("t1", Long, CancellationToken.None));
        Assert.Equal(3, asked.Count);
    }

    [Fact]
    public async Task Task_whose_id_has_letters_that_neither_path_nor_header_can_have_is_asked_itself()
    {
        answers.Enqueue((200, """{"0":5}"""));
        await client.PauseAsync("\u00e9 #?", Long, CancellationToken.None);
        var (request, headers, _) = Assert.Single(asked);
        Assert.Equal(("POST /druid/worker/v1/chat/%C3%A9%20%23%3F/pause", "epoch 3, cluster c, task %C3%A9%20%23%3F"), (request, headers));
    }

    [Fact]
    public async Task Pause_that_fails_after_it_was_promised_is_refused()
    {
        answers.Enqueue((202, "not yet"));
        answers.Enqueue((409, "Can't pause, task is not in a pausable state (state: [PUBLISHING])"));
        var refusal = await Assert.ThrowsAsync<WorkerRefusedException>(() => client.PauseAsync("t1", Long, CancellationToken.None));
        Assert.Equal((HttpStatusCode.Conflict, "409: Can't pause, task is not in a pausable state (state: [PUBLISHING])"), (refusal.Status, refusal.Message));
    }

    [Fact]
    public async Task Pause_that_never_comes_ends_with_its_time()
    {
        for (var i = 0; i < 100_000; i++) answers.Enqueue((202, "not yet"));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.PauseAsync("t1", Short, CancellationToken.None));
    }

    public static TheoryData<string> Calls => ["assign", "shutdown", "pause", "resume", "end", "current", "report", "state"];

    [Theory, MemberData(nameof(Calls))]
    public async Task Refusal_is_told_with_status_and_reason(string call)
    {
        answers.Enqueue((503, "Can't find chatHandler for handler[t1]\n"));
        var refusal = await Assert.ThrowsAsync<WorkerRefusedException>(() => CallAsync(client, call, Long));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "503: Can't find chatHandler for handler[t1]"), (refusal.Status, refusal.Message));
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task Worker_that_is_gone_or_silent_is_a_failed_request_that_says_so(string call)
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(Client(new Uri($"http://127.0.0.1:{Ports.Free()}/")), call, Long));
        // Nothing is prepared, so nothing is answered.
        var problem = await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(client, call, Short));
        Assert.Contains("was not answered within 0.2 s", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pause", "null")]
    [InlineData("pause", "[1]")]
    [InlineData("current", "null")]
    [InlineData("current", """{"x":1}""")]
    [InlineData("report", "not json")]
    [InlineData("state", "null")]
    public async Task Answer_that_is_not_what_it_should_be_is_no_answer(string call, string body)
    {
        answers.Enqueue((200, body));
        await Assert.ThrowsAnyAsync<JsonException>(() => CallAsync(client, call, Long));
    }

    [Fact]
    public async Task Task_that_the_worker_does_not_know_is_shut_down_already()
    {
        answers.Enqueue((404, ""));
        await client.ShutDownAsync("t1", Long, CancellationToken.None);
    }

    [Fact]
    public async Task Caller_who_goes_away_is_told_so_and_not_that_the_worker_failed()
    {
        using var gone = new CancellationTokenSource(Short);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.CurrentOffsetsAsync("t1", Long, gone.Token));
    }

    [Fact]
    public async Task Reports_that_are_not_answered_hold_up_no_command_and_those_behind_them_no_longer_than_their_time()
    {
        using var gone = new CancellationTokenSource();
        var silent = Enumerable.Range(0, 40).Select(_ => client.TryAskAsync("t1", "rowStats", Long, gone.Token)).ToList();
        while (asked.Count < 8) await Task.Yield();
        var late = await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync("t1", "rowStats", Short, CancellationToken.None));
        Assert.Contains("did not get its turn among the calls to this worker within 0.2 s", late.Message, StringComparison.Ordinal);
        answers.Enqueue((200, """{"0":5}"""));
        Assert.Equal(PartitionOffsets.Of((0, 5)), await client.PauseAsync("t1", Long, CancellationToken.None));
        Assert.Equal(9, asked.Count);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(silent));
    }

    private WorkerClient Client(Uri address) => new(http, address, epoch: 3, clusterId: "c");

    private static Task CallAsync(WorkerClient client, string call, TimeSpan timeout) => call switch
    {
        "assign" => client.AssignAsync(Metadata.MetadataWorld.Payload("t1"), timeout, CancellationToken.None),
        "shutdown" => client.ShutDownAsync("t1", timeout, CancellationToken.None),
        "pause" => client.PauseAsync("t1", timeout, CancellationToken.None),
        "resume" => client.ResumeAsync("t1", timeout, CancellationToken.None),
        "end" => client.SetEndOffsetsAsync("t1", End, finish: true, staysPaused: false, timeout, CancellationToken.None),
        "current" => client.CurrentOffsetsAsync("t1", timeout, CancellationToken.None),
        "report" => client.AskAsync("t1", "rowStats", timeout, CancellationToken.None),
        _ => client.StateAsync(null, TimeSpan.Zero, timeout, CancellationToken.None),
    };

    /// <summary>What is prepared, in order; then nothing any more.</summary>
    private async Task AnswerAsync(HttpContext context)
    {
        var (request, headers) = (context.Request, context.Request.Headers);
        using var reader = new StreamReader(request.Body);
        asked.Enqueue(($"{request.Method} {request.Path}{request.QueryString}", $"epoch {headers[CommandHeaders.Epoch]}, cluster {headers[CommandHeaders.Cluster]}, task {headers[CommandHeaders.TaskId]}", await reader.ReadToEndAsync()));
        if (!answers.TryDequeue(out var answer)) await never.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Response.StatusCode = answer.Status;
        if (!context.RequestAborted.IsCancellationRequested) await context.Response.WriteAsync(answer.Body ?? "");
    }
}
