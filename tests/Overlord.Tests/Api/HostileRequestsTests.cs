using System.Net.Sockets;
using System.Text;
using Ingestion.Overlord.Tests.Documentation;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>What no proper client sends, over bare sockets: each is answered with a mistake of the caller's, or hung up on, and the next caller notices nothing.</summary>
public sealed class HostileRequestsTests(PostgresFixture postgres) : IDisposable
{
    private const string Base = "/druid/indexer/v1", End = " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    private const int Megabyte = 1 << 20, HeadersLimit = 32 << 10, SpecLimit = 16 << 20, HalfRequests = 300, MostLarge = 12;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hostile-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Requests_beyond_all_measure_are_refused_and_hold_nobody_up()
    {
        await using var overlord = await StartAsync();
        string Long(int length) => new('a', length);
        Assert.Equal("431", await StatusAsync(overlord, $"GET /status{End}X-Long: {Long(HeadersLimit)}\r\n\r\n"));
        Assert.Equal("431", await StatusAsync(overlord, $"GET /status{End}{string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: a\r\n"))}\r\n"));
        Assert.Equal("414", await StatusAsync(overlord, $"GET {Base}/tasks?datasource={Long(HeadersLimit)}{End}\r\n"));
        Assert.Contains(await StatusAsync(overlord, $"GET /status{End}X-Long: {Long(Megabyte)}\r\n\r\n"), (string[])["431", "hung up"]);
        Assert.Contains(await StatusAsync(overlord, $"GET {Base}/tasks?{Long(Megabyte)}{End}\r\n"), (string[])["414", "hung up"]);
        Assert.Equal("200", await StatusAsync(overlord, $"GET {Base}/supervisor?{string.Concat(Enumerable.Range(0, 1_000).Select(i => $"&a{i}"))}{End}\r\n"));
        var half = new List<TcpClient>();
        for (var i = 0; i < HalfRequests; i++)
        {
            half.Add(await ConnectAsync(overlord));
            await half[i].GetStream().WriteAsync(Encoding.Latin1.GetBytes(i % 2 == 0 ? "GET /status HT" : $"POST {Base}/supervisor{End}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"), TestContext.Current.CancellationToken);
        }
        Assert.Equal("200", await StatusAsync(overlord, $"GET {Base}/supervisor{End}\r\n"));
        Assert.Equal("408", StatusOf(await AnswerAsync(half[1]))); // once it has been slower than 240 bytes a second for five
        foreach (var client in half) client.Dispose();
    }

    [Fact]
    public async Task Bodies_that_are_never_finished_do_not_use_up_the_memory_and_keep_small_ones_out_only_while_they_are_there()
    {
        await using var overlord = await StartAsync();
        var large = new List<TcpClient>();
        var head = $"POST {Base}/supervisor{End}Content-Type: application/json\r\nContent-Length: {SpecLimit}\r\n\r\n{{";
        var most = new byte[SpecLimit - Megabyte];
        for (var i = 0; i < MostLarge; i++)
        {
            large.Add(await ConnectAsync(overlord));
            await large[i].GetStream().WriteAsync(Encoding.Latin1.GetBytes(head), TestContext.Current.CancellationToken);
        }
        var sending = large.Select(c => c.GetStream().WriteAsync(most, TestContext.Current.CancellationToken).AsTask()).ToList();
        var refused = await await Task.WhenAny(large.Select(c => AnswerAsync(c)));
        Assert.Contains("""{"error":"Too many large requests are being read: try again in a moment"}""", refused, StringComparison.Ordinal);
        Assert.Equal(("503", true), (StatusOf(refused), refused.Contains("Retry-After: 1\r\n", StringComparison.Ordinal)));
        // It may have stood still for longer than its lease, and lead again.
        await overlord.UntilAsync("small requests get through", async () => await StatusAsync(overlord, $"GET {Base}/supervisor{End}\r\n") == "200");
        foreach (var client in large) client.Dispose();
        await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await overlord.UntilAsync("there is room again", async () => await StatusAsync(overlord, $"POST {Base}/supervisor{End}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}") == "400");
    }

    [Theory]
    [InlineData("400", "GET /status HTTP/1.1\r\n\r\n")]
    [InlineData("400", "GET /status HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("400", "GET /sta\0tus" + End + "\r\n")]
    [InlineData("400", "\x16\x03\x01 no HTTP at all\r\n\r\n")]
    [InlineData("400", "POST " + Base + "/supervisor" + End + "Content-Type: application/json\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("400", "POST " + Base + "/supervisor" + End + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("400", "POST " + Base + "/supervisor" + End + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n")]
    [InlineData("415", "POST " + Base + "/supervisor" + End + "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("400", "POST " + Base + "/supervisor" + End + "Content-Type: application/json\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("413", "POST " + Base + "/supervisor" + End + "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")]
    [InlineData("400", "GET " + Base + "/task/a%00b/status" + End + "\r\n")]
    [InlineData("404", "GET " + Base + "/task/%ff%fe/status" + End + "\r\n")]
    [InlineData("404", "GET " + Base + "/task/..%2f..%2f..%2fetc%2fpasswd/log" + End + "\r\n")]
    [InlineData("404", "GET " + Base + "/task/../../../../etc/passwd" + End + "\r\n")]
    [InlineData("405", "TRACE " + Base + "/supervisor" + End + "\r\n")]
    [InlineData("405", "FOO " + Base + "/supervisor" + End + "\r\n")]
    public async Task Broken_requests_are_mistakes_of_the_caller(string status, string request)
    {
        await using var overlord = await StartAsync();
        Assert.Equal(status, await StatusAsync(overlord, request));
        Assert.Equal("200", await StatusAsync(overlord, $"GET /status/health{End}\r\n"));
    }

    [Theory]
    [InlineData("/../outside.txt")]
    [InlineData("/%2e%2e/outside.txt")]
    [InlineData("/..%2foutside.txt")]
    [InlineData("/..%5coutside.txt")]
    [InlineData("/public/..%2f..%2foutside.txt")]
    [InlineData("//outside.txt")]
    public async Task Console_serves_its_folder_and_nothing_beside_it(string path)
    {
        var console = folder.CreateSubdirectory("console");
        console.CreateSubdirectory("public");
        await File.WriteAllTextAsync(Path.Combine(console.FullName, "unified-console.html"), "the console", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "outside.txt"), "hidden", TestContext.Current.CancellationToken);
        await using var overlord = await StartAsync("--console", console.FullName);
        Assert.Contains("the console", await SendAsync(overlord, $"GET /unified-console.html{End}\r\n"), StringComparison.Ordinal);
        var answer = await SendAsync(overlord, $"GET {path}{End}\r\n");
        Assert.Equal(("404", false), (StatusOf(answer), answer.Contains("hidden", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Methods_that_a_route_does_not_have_are_refused_and_HEAD_is_GET_without_a_body()
    {
        await using var overlord = await StartAsync();
        var routes = ProgramRoutes.All.Keys.ToLookup(r => r.Path, r => r.Method);
        foreach (var route in routes)
        {
            var path = route.Key.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            // A fixed name such as suspendAll is an {id} for other methods.
            foreach (var method in ((string[])["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]).Except(route)) Assert.Contains(await StatusAsync(overlord, $"{method} {path}{End}Content-Length: 0\r\n\r\n"), (string[])["405", "404"]);
            var head = await SendAsync(overlord, $"HEAD {path}{End}\r\n");
            Assert.EndsWith("\r\n\r\n", head, StringComparison.Ordinal);
            if (route.Contains("GET")) Assert.Equal((path, await StatusAsync(overlord, $"GET {path}{End}\r\n")), (path, StatusOf(head)));
            else Assert.Contains(StatusOf(head), (string[])["405", "404"]);
        }
    }

    private async Task<RunningOverlord> StartAsync(params string[] more) => await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), more: more);

    private static async Task<string> StatusAsync(RunningOverlord overlord, string request) => StatusOf(await SendAsync(overlord, request));

    private static string StatusOf(string answer) => answer.Length == 0 ? "hung up" : answer.Split(' ')[1];

    /// <returns>The whole answer; empty where the server hung up without one.</returns>
    private static async Task<string> SendAsync(RunningOverlord overlord, string request)
    {
        using var client = await ConnectAsync(overlord);
        var sending = client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken).AsTask();
        var answer = await AnswerAsync(client);
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it may have hung up before it had read all
        return answer;
    }

    private static async Task<string> AnswerAsync(TcpClient client)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var answer = new MemoryStream();
        try { await client.GetStream().CopyToAsync(answer, limit.Token); }
        catch (IOException) { return Encoding.Latin1.GetString(answer.ToArray()); } // it has hung up with something unread: what came before is the answer
        return Encoding.Latin1.GetString(answer.ToArray());
    }

    private static async Task<TcpClient> ConnectAsync(RunningOverlord overlord)
    {
        var client = new TcpClient();
        await client.ConnectAsync(overlord.Address.Host, overlord.Address.Port, TestContext.Current.CancellationToken);
        return client;
    }
}
