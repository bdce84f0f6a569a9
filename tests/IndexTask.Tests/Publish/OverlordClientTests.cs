using System.Net;
using System.Text;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Publish;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Publish;

public sealed class OverlordClientTests
{
    private static readonly TaskActionRequest Request = new() { Task = new TaskIdentity { Id = "t" }, Action = new TaskAction.LockList() };

    private static async Task<(string Answer, IReadOnlyList<string> Calls)> Do(params (string Overlord, HttpStatusCode Status, string Body)[] script)
    {
        var wire = new Script(script);
        using var http = new HttpClient(wire);
        var client = new OverlordClient([new Uri("http://one:1"), new Uri("http://two:2")], http, NullLogger.Instance);
        var result = await client.Do(Request, _ => { }, TestContext.Current.CancellationToken);
        return (result.GetRawText(), wire.Calls);
    }

    [Fact]
    public async Task Next_overlord_is_asked_when_one_is_not_ready()
    {
        var (answer, calls) = await Do(("one", HttpStatusCode.ServiceUnavailable, ""), ("two", HttpStatusCode.OK, """{"result":[1]}"""));
        Assert.Equal("[1]", answer);
        Assert.Equal(["http://one:1/druid/indexer/v1/action", "http://two:2/druid/indexer/v1/action"], calls);
    }

    [Fact]
    public async Task Redirect_leads_to_the_leader()
    {
        var (answer, calls) = await Do(("one", HttpStatusCode.TemporaryRedirect, "http://three:3/druid/indexer/v1/action"), ("three", HttpStatusCode.OK, """{"result":true}"""));
        Assert.Equal("true", answer);
        Assert.Equal(["http://one:1/druid/indexer/v1/action", "http://three:3/druid/indexer/v1/action"], calls);
    }

    [Fact]
    public async Task Refused_credentials_do_not_end_a_task()
    {
        var (answer, calls) = await Do(("one", HttpStatusCode.Unauthorized, ""), ("two", HttpStatusCode.Forbidden, ""), ("one", HttpStatusCode.TooManyRequests, ""), ("two", HttpStatusCode.OK, """{"result":1}"""));
        Assert.Equal(("1", 4), (answer, calls.Count));
    }

    [Fact]
    public async Task Server_error_and_garbage_are_tried_again()
    {
        var (answer, calls) = await Do(("one", HttpStatusCode.InternalServerError, "oops"), ("two", HttpStatusCode.OK, "<html>"), ("one", HttpStatusCode.OK, """{"result":null}"""));
        Assert.Equal(("null", 3), (answer, calls.Count));
    }

    [Fact]
    public async Task Clear_refusal_is_not_tried_again()
    {
        var refusal = await Assert.ThrowsAsync<TaskActionRefusedException>(() => Do(("one", HttpStatusCode.BadRequest, """{"error":"no such task"}""")));
        Assert.Equal("http://one:1/druid/indexer/v1/action answered 400: {\"error\":\"no such task\"}", refusal.Message);
    }

    [Fact]
    public async Task Server_error_marked_as_a_refusal_is_not_tried_again()
    {
        var refusal = await Assert.ThrowsAsync<TaskActionRefusedException>(() => Do(("one", HttpStatusCode.InternalServerError, Script.Refusal)));
        Assert.Equal("http://one:1/druid/indexer/v1/action answered 500: " + Script.Refusal, refusal.Message);
    }

    [Fact]
    public async Task Leader_that_hangs_is_not_waited_for_once_another_leads()
    {
        var wire = new HangingOverlord("one");
        using var http = new HttpClient(wire);
        var client = new OverlordClient([new Uri("http://one:1"), new Uri("http://two:2")], http, NullLogger.Instance);
        var answer = client.Do(Request, _ => { }, TestContext.Current.CancellationToken);
        await wire.IsAsked;
        Assert.False(answer.IsCompleted);
        client.LeaderHasChanged();
        Assert.Equal("2", (await answer).GetRawText());
    }

    /// <summary>One overlord never answers, the others do.</summary>
    private sealed class HangingOverlord(string host) : HttpMessageHandler
    {
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsAsked => asked.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.Host == host)
            {
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("""{"result":2}""") };
        }
    }

    /// <summary>The wire, by a script of who must be called and what comes back.</summary>
    private sealed class Script((string Overlord, HttpStatusCode Status, string Body)[] answers) : HttpMessageHandler
    {
        /// <summary>A body that comes with the header of a final answer.</summary>
        public const string Refusal = """{"error":"lock revoked"}""";

        public List<string> Calls { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var (overlord, status, body) = answers[Calls.Count];
            Calls.Add(request.RequestUri!.ToString());
            Assert.Equal(overlord, request.RequestUri.Host);
            var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8) };
            if (status == HttpStatusCode.TemporaryRedirect) response.Headers.Location = new Uri(body);
            if (body == Refusal) response.Headers.Add(CommandHeaders.Refused, "true");
            return Task.FromResult(response);
        }
    }
}
