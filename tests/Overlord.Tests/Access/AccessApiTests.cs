using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Access.Http;
using Ingestion.Overlord.Api;
using Ingestion.Overlord.Api.Documentation;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Overlord.Tests.Documentation;
using Ingestion.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ingestion.Overlord.Tests.Access;

/// <summary>The overlord's API with users and TLS, over real sockets.</summary>
public sealed class AccessApiTests(PostgresFixture postgres) : IDisposable
{
    private const string Base = "/druid/indexer/v1", Supervisors = Base + "/supervisor";
    private const string Announcement = """{"environment":"production","services":[{"id":"a","type":"t","properties":{}}]}""";
    private const string Action = """{"task":{"id":"x"},"action":{"type":"lockList"}}""";
    private readonly string folder = Directory.CreateTempSubdirectory("access-tests").FullName;
    private readonly List<HttpClient> clients = [];

    private AccessFiles Files => field ??= new AccessFiles(folder);

    public void Dispose()
    {
        foreach (var client in clients) client.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Nobody_gets_in_without_credentials_except_to_what_load_balancers_ask()
    {
        await using var overlord = await StartAsync();
        using var missing = await Client(overlord).GetAsync(Supervisors, TestContext.Current.CancellationToken);
        Assert.Equal((401, """{"error":"Credentials are missing"}"""), ((int)missing.StatusCode, await missing.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(["Basic realm=\"druid\", charset=\"UTF-8\"", "Bearer realm=\"druid\""], missing.Headers.GetValues("WWW-Authenticate"));
        string[] open = ["/status/health", "/status/selfDiscovered", "/status/selfDiscovered/status", $"{Base}/isLeader", $"{Base}/leader"];
        foreach (var path in open) Assert.Equal((path, 200), (path, (await SendAsync(Client(overlord), "GET", path)).Status));
        foreach (var path in (string[])["/status", "/status/properties", "/nowhere", $"{Base}/tasks", "/v1/service"]) Assert.Equal((path, 401), (path, (await SendAsync(Client(overlord), "GET", path)).Status));
        foreach (var credentials in (AuthenticationHeaderValue[])[AccessFiles.Basic(AccessFiles.Operator, "wrong"), AccessFiles.Bearer("wrong"), new("Basic", "?"), new("Negotiate", "abc")])
            Assert.Equal((401, """{"error":"The credentials are wrong"}"""), await SendAsync(Client(overlord, credentials), "GET", Supervisors));
        Assert.Equal((200, "[]"), await SendAsync(Client(overlord, AccessFiles.Operator), "GET", Supervisors));
        Assert.Equal(404, (await SendAsync(Client(overlord, AccessFiles.Operator), "GET", "/nowhere")).Status);
        Assert.Equal(405, (await SendAsync(Client(overlord, AccessFiles.WikiReader), "PUT", Supervisors)).Status);
    }

    [Fact]
    public async Task Users_see_and_change_the_data_sources_that_are_theirs()
    {
        await using var overlord = await StartAsync();
        HttpClient admin = Client(overlord, AccessFiles.Operator), writer = Client(overlord, AccessFiles.WikiWriter), reader = Client(overlord, AccessFiles.WikiReader);
        Assert.Equal(200, (await SendAsync(writer, "POST", Supervisors, Spec("wiki"))).Status);
        Assert.Equal(200, (await SendAsync(admin, "POST", Supervisors, Spec("orders"))).Status);
        Assert.Equal((403, """{"Access-Check-Result":"Unauthorized, [wiki-writer] may not write dataSource [orders]"}"""), await SendAsync(writer, "POST", Supervisors, Spec("orders")));
        Assert.Equal(403, (await SendAsync(writer, "POST", Supervisors, Spec("wiki", id: "orders"))).Status); // it would take the other's place
        Assert.Equal(403, (await SendAsync(reader, "POST", $"{Supervisors}?dryRun=true", Spec("wiki"))).Status);
        Assert.Equal(("""["orders","wiki"]""", """["wiki"]"""), ((await SendAsync(admin, "GET", Supervisors)).Body, (await SendAsync(reader, "GET", Supervisors)).Body));
        Assert.Equal(["wiki"], JsonNode.Parse((await SendAsync(reader, "GET", $"{Supervisors}?full")).Body)!.AsArray().Select(s => (string)s!["id"]!));
        Assert.Equal(["wiki"], JsonNode.Parse((await SendAsync(reader, "GET", $"{Supervisors}/history")).Body)!.AsObject().Select(s => s.Key));
        foreach (var what in (string[])["", "/status", "/explain", "/stats", "/parseErrors", "/history"])
            Assert.Equal((what, 200, what == "/history" ? 404 : 403), (what, (await SendAsync(reader, "GET", $"{Supervisors}/wiki{what}")).Status, (await SendAsync(reader, "GET", $"{Supervisors}/orders{what}")).Status));
        foreach (var what in (string[])["suspend", "resume", "reset", "resetOffsets", "taskGroups/handoff", "terminate", "shutdown"])
            Assert.Equal((what, 403, 403), (what, (await SendAsync(reader, "POST", $"{Supervisors}/wiki/{what}", "{}")).Status, (await SendAsync(writer, "POST", $"{Supervisors}/orders/{what}", "{}")).Status));
        Assert.Equal((404, "Cannot find any supervisor with id: [nothing]"), await SendAsync(reader, "POST", $"{Supervisors}/nothing/suspend"));
        Assert.Equal(200, (await SendAsync(writer, "POST", $"{Supervisors}/suspendAll")).Status); // those that are theirs, as in Druid
        Assert.Equal([("orders", false), ("wiki", true)], await SuspendedAsync(admin));
        Assert.Equal(200, (await SendAsync(writer, "POST", $"{Supervisors}/wiki/terminate")).Status);
        await overlord.UntilAsync("it is gone", async () => (await SendAsync(writer, "GET", Supervisors)).Body == "[]");
        // Not as nodes, which refuse a tombstone's two "type" members. Posted, suspended, terminated.
        Assert.Equal(3, JsonDocument.Parse((await SendAsync(reader, "GET", $"{Supervisors}/wiki/history")).Body).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Id_of_a_terminated_supervisor_with_its_offsets_is_for_who_may_change_its_data_source()
    {
        await using var overlord = await StartAsync();
        HttpClient admin = Client(overlord, AccessFiles.Operator), writer = Client(overlord, AccessFiles.WikiWriter);
        foreach (var dataSource in (string[])["orders", "wiki"])
        {
            Assert.Equal(200, (await SendAsync(admin, "POST", Supervisors, Spec(dataSource))).Status);
            Assert.Equal(200, (await SendAsync(admin, "POST", $"{Supervisors}/{dataSource}/terminate")).Status);
        }
        foreach (var query in (string[])["", "?dryRun=true"])
            Assert.Equal((403, """{"Access-Check-Result":"Unauthorized, [wiki-writer] may not write dataSource [orders]"}"""), await SendAsync(writer, "POST", Supervisors + query, Spec("wiki", id: "orders")));
        Assert.Equal(200, (await SendAsync(writer, "POST", Supervisors, Spec("wiki"))).Status);
        Assert.Equal(200, (await SendAsync(admin, "POST", Supervisors, Spec("wiki", id: "orders"))).Status);
    }

    [Fact]
    public async Task Mask_does_not_stand_for_the_secret_of_a_supervisor_that_the_caller_may_not_change()
    {
        await using var overlord = await StartAsync();
        HttpClient admin = Client(overlord, AccessFiles.Operator), writer = Client(overlord, AccessFiles.WikiWriter);
        Assert.Equal(200, (await SendAsync(admin, "POST", Supervisors, WithPassword("orders", "s3cret"))).Status);
        Assert.Equal(200, (await SendAsync(admin, "POST", $"{Supervisors}?dryRun=true", WithPassword("orders", "********"))).Status);
        foreach (var query in (string[])["", "?dryRun=true"])
        {
            var (status, body) = await SendAsync(writer, "POST", Supervisors + query, WithPassword("wiki", "********"));
            Assert.Equal((400, "$.spec.ioConfig.consumerProperties.sasl.password"), (status, (string)JsonNode.Parse(body)!["problems"]![0]!["path"]!));
        }

        // Of the other's id, to the same broker: what is refused is that it is the other's.
        static string WithPassword(string dataSource, string password) => PostedSpecs.Wiki(s =>
        {
            s["id"] = "orders";
            s["spec"]!["dataSchema"]!["dataSource"] = dataSource;
            s["spec"]!["ioConfig"]!["consumerProperties"] = new JsonObject { ["bootstrap.servers"] = "k:1", ["sasl.password"] = password };
        });
    }

    [Fact]
    public async Task Cluster_wide_things_need_a_right_over_everything_and_internal_ones_the_internal_role()
    {
        await using var overlord = await StartAsync();
        HttpClient admin = Client(overlord, AccessFiles.Operator), reader = Client(overlord, AccessFiles.Reader), wiki = Client(overlord, AccessFiles.WikiWriter), cluster = Client(overlord, AccessFiles.Bearer());
        foreach (var path in (string[])["workers", "totalWorkerCapacity", "scaling", "worker", "worker/history"])
            Assert.Equal((path, 200, 200, 403, 403), (path, await GetAsync(admin, path), await GetAsync(reader, path), await GetAsync(wiki, path), await GetAsync(cluster, path)));
        const string config = """{"type":"default"}""";
        Assert.Equal((200, 403, 403), ((await SendAsync(admin, "POST", $"{Base}/worker", config)).Status, (await SendAsync(reader, "POST", $"{Base}/worker", config)).Status, (await SendAsync(wiki, "POST", $"{Base}/worker", config)).Status));
        Assert.Equal((403, """{"Access-Check-Result":"Unauthorized, [operator] lacks the role"}"""), await SendAsync(admin, "POST", $"{Base}/action", Action));
        Assert.Equal(400, (await SendAsync(cluster, "POST", $"{Base}/action", Action)).Status); // there is no such task
        Assert.Equal((403, 202), ((await SendAsync(admin, "PUT", "/v1/announcement/n", Announcement)).Status, (await SendAsync(cluster, "PUT", "/v1/announcement/n", Announcement)).Status));
        Assert.Equal((403, 200), ((await SendAsync(admin, "GET", "/v1/service")).Status, (await SendAsync(cluster, "GET", "/v1/service")).Status));
        Assert.Equal((403, 204), ((await SendAsync(admin, "DELETE", "/v1/announcement/n")).Status, (await SendAsync(cluster, "DELETE", "/v1/announcement/n")).Status));
        Assert.Equal((200, 403), ((await SendAsync(wiki, "GET", $"{Base}/tasks?datasource=wiki")).Status, (await SendAsync(wiki, "GET", $"{Base}/tasks?datasource=orders")).Status));
        Assert.Equal((200, 403), ((await SendAsync(wiki, "DELETE", $"{Base}/datasources/wiki")).Status, (await SendAsync(wiki, "DELETE", $"{Base}/datasources/orders")).Status));

        static async Task<int> GetAsync(HttpClient client, string path) => (await SendAsync(client, "GET", $"{Base}/{path}")).Status;
    }

    [Theory]
    [InlineData("cross-site", 401)]
    [InlineData("same-site", 401)]
    [InlineData("same-origin", 200)]
    [InlineData("none", 200)]
    public async Task Page_of_another_site_cannot_use_a_browsers_password_for_changes(string site, int status)
    {
        await using var overlord = await StartAsync();
        var browser = Client(overlord, AccessFiles.Operator);
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", site);
        Assert.Equal((status, 200), ((await SendAsync(browser, "POST", $"{Supervisors}/suspendAll")).Status, (await SendAsync(browser, "GET", Supervisors)).Status));
    }

    [Theory]
    [InlineData("cross-site", 403)]
    [InlineData("same-site", 403)]
    [InlineData("same-origin", 200)]
    [InlineData("none", 200)]
    public async Task Page_of_another_site_changes_nothing_where_nobody_is_asked_who_they_are(string site, int status)
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        using var browser = new HttpClient { BaseAddress = overlord.Address };
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", site);
        Assert.Equal((status, 200), ((await SendAsync(browser, "POST", $"{Supervisors}/terminateAll")).Status, (await SendAsync(browser, "GET", Supervisors)).Status));
    }

    [Fact]
    public async Task Page_of_another_site_is_known_by_its_origin_where_a_browser_says_no_more()
    {
        await using var guarded = await StartAsync();
        await using var open = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        foreach (var (origin, forwardedFor, isTaken) in ((string, string?, bool)[])
        [
            ("http://evil.example", null, false), ("http://evil.example", "druid.example", false), ("null", null, false), ("http://127.0.0.1:1", null, false), ("http://{own}", null, true),
            ("https://{own}", null, true), /* TLS may end before us */ ("https://Druid.example", "druid.example", true), ("http://druid.example:8888", "router:1, druid.example:8888", true),
        ])
        {
            var browser = Client(guarded, AccessFiles.Operator);
            using var another = new HttpClient { BaseAddress = open.Address };
            foreach (var client in (HttpClient[])[browser, another])
            {
                client.DefaultRequestHeaders.Add("Origin", origin.Replace("{own}", client.BaseAddress!.Authority, StringComparison.Ordinal));
                if (forwardedFor is not null) client.DefaultRequestHeaders.Add("X-Forwarded-Host", forwardedFor);
                Assert.Equal(200, (await SendAsync(client, "GET", Supervisors)).Status);
            }
            Assert.Equal((origin, isTaken ? 200 : 401, isTaken ? 200 : 403), (origin, (await SendAsync(browser, "POST", $"{Supervisors}/suspendAll")).Status, (await SendAsync(another, "POST", $"{Supervisors}/terminateAll")).Status));
            another.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin"); // which the browser knows better
            Assert.Equal(200, (await SendAsync(another, "POST", $"{Supervisors}/terminateAll")).Status);
        }
    }

    [Fact]
    public async Task Every_endpoint_says_what_it_needs()
    {
        await using var overlord = await StartAsync();
        var endpoints = overlord.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.True(endpoints.Count > 50);
        Assert.Equal([], endpoints.Where(e => e.Metadata.GetMetadata<Needs>() is null).Select(e => e.RoutePattern.RawText));
        string[] open = [$"{Base}/isLeader", $"{Base}/leader", "/status/health", "/status/selfDiscovered", "/status/selfDiscovered/status", "/v1/info/state"];
        Assert.Equal(open, endpoints.Where(e => e.Metadata.GetMetadata<Needs>() is Needs.Nothing).Select(e => e.RoutePattern.RawText!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_endpoint_asks_for_what_it_is_documented_to_need()
    {
        await using var world = await Metadata.MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(Metadata.MetadataWorld.Payload("t1"));
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString, access: Files, more: ["--deep-storage", folder]);
        HttpClient stranger = Client(overlord), admin = Client(overlord, AccessFiles.Operator), cluster = Client(overlord, AccessFiles.Bearer()); // of internal role, without any right
        Assert.Equal(200, (await SendAsync(admin, "POST", Supervisors, Spec("wiki"))).Status);
        foreach (var ((method, path), metadata) in ProgramRoutes.All)
        {
            var (access, of) = (EndpointAccess.Of(metadata), metadata.GetMetadata<DataSourceNeed>()?.Of);
            var real = path.Replace("{id}", of == DataSourceOf.Task ? "t1" : "wiki", StringComparison.Ordinal).Replace("{dataSource}", "wiki", StringComparison.Ordinal) + (of == DataSourceOf.Query ? "?datasource=wiki" : "");
            var body = of != DataSourceOf.Body ? null : path == Supervisors ? Spec("wiki") : """{"type":"kill","dataSource":"wiki","interval":"2015-09-12/2015-09-13"}""";
            var (unknown, other) = ((await SendAsync(stranger, method, real, body)).Status, (await SendAsync(metadata.GetMetadata<Needs>() is Needs.Internal ? admin : cluster, method, real, body)).Status);
            Assert.Equal((method, path, access.MustBeUser, access.MayRefuseUser), (method, path, unknown == 401, other == 403));
        }
        Assert.Equal([("wiki", false)], await SuspendedAsync(admin)); // nobody has changed anything
    }

    [Fact]
    public async Task Refusals_are_those_that_are_documented()
    {
        await using var overlord = await StartAsync();
        var writer = Client(overlord, AccessFiles.WikiWriter);
        var guesser = Client(overlord, AccessFiles.Basic(AccessFiles.Operator, "wrong"));
        var (missing, forbidden, role) = (await SendAsync(Client(overlord), "GET", "/status"), await SendAsync(writer, "POST", Supervisors, Spec("orders")), await SendAsync(writer, "GET", $"{Base}/workers"));
        var guesses = new List<(int, string)>();
        for (var i = 0; i <= FailureLimit.Most; i++) guesses.Add(await SendAsync(guesser, "GET", "/status"));
        Assert.Equal(AccessAnswer.All.SelectMany(a => a.Bodies.Select(b => (a.Status, b.ToJsonString()))), [missing, guesses[0], forbidden, role, guesses[^1]]);
    }

    [Fact]
    public async Task Who_guesses_passwords_is_told_to_wait()
    {
        await using var overlord = await StartAsync();
        var guesser = Client(overlord, AccessFiles.Basic(AccessFiles.Operator, "wrong"));
        for (var i = 0; i < FailureLimit.Most; i++) Assert.Equal(401, (await SendAsync(guesser, "GET", "/status")).Status);
        using var refused = await Client(overlord, AccessFiles.Operator).GetAsync("/status", TestContext.Current.CancellationToken); // with the right one too
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, FailureLimit.Window.TotalSeconds);
        Assert.Equal(200, (await SendAsync(guesser, "GET", "/status/health")).Status);
        Assert.Equal(200, (await SendAsync(Client(overlord, AccessFiles.Bearer()), "GET", "/status")).Status); // nobody guesses tokens
    }

    [Fact]
    public async Task Standby_asks_for_credentials_and_redirects_to_the_leader_which_takes_them()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var leader = await RunningOverlord.StartAsync(database, access: Files);
        await using var standby = await RunningOverlord.StartAsync(database, waitForLeadership: false, access: Files);
        Assert.Equal(200, (await SendAsync(Client(leader, AccessFiles.Operator), "POST", Supervisors, Spec("wiki"))).Status);
        Assert.Equal(401, (await SendAsync(Client(standby), "GET", $"{Supervisors}/wiki")).Status);
        using var escaped = await Client(standby, AccessFiles.WikiReader).GetAsync(new Uri($"{Supervisors}/a%2541%20%C3%A9%2Fb/status?x=%26", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal($"{leader.Address.GetLeftPart(UriPartial.Authority)}{Supervisors}/a%2541%20%C3%A9%2Fb/status?x=%26", escaped.Headers.Location!.OriginalString);
        using var redirected = await Client(standby, AccessFiles.WikiReader).GetAsync($"{Supervisors}/wiki/status?full", TestContext.Current.CancellationToken);
        Assert.Equal((307, new Uri(leader.Address, $"{Supervisors}/wiki/status?full")), ((int)redirected.StatusCode, redirected.Headers.Location));
        var reader = clients[^1];
        using var followed = await reader.GetAsync(redirected.Headers.Location, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)followed.StatusCode);
        Assert.Equal(Uri.UriSchemeHttps, leader.Address.Scheme);
    }

    [Fact]
    public async Task Changes_are_in_the_audit_table_with_the_caller_whatever_a_header_says()
    {
        await using var world = await Metadata.MetadataWorld.CreateAsync(postgres);
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString, access: Files);
        var admin = Client(overlord, AccessFiles.Operator);
        admin.DefaultRequestHeaders.Add("X-Druid-Author", "somebody else");
        admin.DefaultRequestHeaders.Add("X-Druid-Comment", "for a test");
        await ChangeEverythingAsync(admin);
        var rows = (await world.QueryAsync<(string Type, string Key, string Author, string Comment, byte[] Payload)>("SELECT type, audit_key, author, comment, payload FROM druid_audit ORDER BY id")).ToList();
        Assert.Equal(
            ["supervisor wiki: Update supervisor[wiki] for datasource[[wiki]]", "supervisor wiki: Move the offsets of supervisor[wiki] in stream[topic-1] to {\\\"0\\\":5}", "supervisor wiki: Delete the offsets of supervisor[wiki]", "supervisor wiki: Hand off task groups[0] of supervisor[wiki]",
             "supervisor wiki: Update supervisor[wiki] for datasource[[wiki]]", "supervisor wiki: Update supervisor[wiki] for datasource[[wiki]]", "supervisor wiki: Terminate supervisor[wiki] for datasource[[wiki]]",
             "worker.config worker.config: {\\\"type\\\":\\\"default\\\"}"],
            rows.Select(r => $"{r.Type} {r.Key}: {Change(r.Payload)}"));
        Assert.All(rows, r => Assert.Equal(("operator", "for a test", "operator", "127.0.0.1"), (r.Author, r.Comment, (string)Payload(r.Payload)["auditInfo"]!["identity"]!, (string)Payload(r.Payload)["auditInfo"]!["ip"]!)));
        Assert.Equal($"{Supervisors}/wiki/terminate", (string)Payload(rows[6].Payload)["request"]!["uri"]!);

        static JsonNode Payload(byte[] json) => JsonNode.Parse(json)!;
        static string Change(byte[] json) => ((string)Payload(json)["payload"]!).Trim('"');
    }

    [Fact]
    public async Task Tasks_that_are_shut_down_and_segments_that_are_marked_are_in_the_audit_table()
    {
        await using var world = await Metadata.MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(Metadata.MetadataWorld.Payload("t1"));
        await world.ExecuteAsync("""
            INSERT INTO druid_segments (id, datasource, created_date, start, "end", partitioned, version, used, payload, used_status_last_updated)
            VALUES ('wiki_s', 'wiki', '2015', '2015-09-12T00:00:00.000Z', '2015-09-13T00:00:00.000Z', TRUE, 'v', TRUE, '{}', '2015')
            """, new { });
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString, access: Files);
        HttpClient writer = Client(overlord, AccessFiles.WikiWriter), reader = Client(overlord, AccessFiles.Reader);
        foreach (var (method, path) in ((string, string)[])[("POST", "task/t1/shutdown"), ("POST", "datasources/wiki/shutdownAllTasks"), ("DELETE", "datasources/wiki"), ("POST", "datasources/wiki"), ("DELETE", "pendingSegments/wiki?interval=2000/3000")])
            Assert.Equal((path, 403), (path, (await SendAsync(reader, method, $"{Base}/{path}", "{}")).Status));
        foreach (var (method, path) in ((string, string)[])[("POST", "task/t1/shutdown"), ("DELETE", "datasources/wiki"), ("POST", "datasources/wiki")])
            Assert.Equal((path, 200), (path, (await SendAsync(writer, method, $"{Base}/{path}", "{}")).Status));
        Assert.Equal([("task", "t1", "wiki-writer"), ("segment.markUnused", "wiki", "wiki-writer"), ("segment.markUsed", "wiki", "wiki-writer")],
            await world.QueryAsync<(string, string, string)>("SELECT type, audit_key, author FROM druid_audit ORDER BY id"));
    }

    [Fact]
    public async Task Changes_without_access_control_have_the_author_of_the_header()
    {
        await using var world = await Metadata.MetadataWorld.CreateAsync(postgres);
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        using var anyone = new HttpClient { BaseAddress = overlord.Address };
        anyone.DefaultRequestHeaders.Add("X-Druid-Author", "console");
        await ChangeEverythingAsync(anyone);
        Assert.Equal([("console", 8L)], await world.QueryAsync<(string, long)>("SELECT author, count(*) FROM druid_audit GROUP BY author"));
    }

    [Fact]
    public async Task Request_log_has_every_answer_with_caller_and_sizes_and_without_the_query()
    {
        var logs = Path.Combine(folder, "requests");
        await using (var overlord = await StartAsync("--request-log", logs))
        {
            await SendAsync(Client(overlord), "GET", "/status?password=hidden");
            var admin = Client(overlord, AccessFiles.Operator);
            admin.DefaultRequestHeaders.Add("X-Request-Id", "my-request.1");
            await SendAsync(admin, "POST", Supervisors, "{}");
            await SendAsync(admin, "HEAD", "/status/health");
        }
        var text = string.Join('\n', File.ReadLines(Path.Combine(logs, "requests.log")).Where(l => !l.Contains("isLeader", StringComparison.Ordinal)));
        Assert.DoesNotContain("hidden", text, StringComparison.Ordinal);
        var lines = text.Split('\n').Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal([(null, "GET", "/status", 401, 0), ("operator", "POST", Supervisors, 400, 2), ("operator", "HEAD", "/status/health", 200, 0)],
            lines.Select(l => ((string?)l["caller"], (string)l["method"]!, (string)l["path"]!, (int)l["status"]!, (int)l["requestBytes"]!)));
        Assert.Equal(["my-request.1", "my-request.1"], lines.Skip(1).Select(l => (string)l["id"]!));
        Assert.All(lines.Take(2), l => Assert.True((long)l["responseBytes"]! > 10 && (double)l["millis"]! > 0 && (string)l["address"]! == "127.0.0.1"));
    }

    [Theory]
    [InlineData("abc-123_x.y:z", true)]
    [InlineData("a b", false)]
    [InlineData("{\"forged\":1}", false)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789", false)]
    public async Task Request_id_is_taken_where_it_is_sane_and_always_answered(string id, bool isTaken)
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        using var client = new HttpClient { BaseAddress = overlord.Address };
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Request-Id", id);
        foreach (var path in (string[])["/status/health", "/nowhere", $"{Base}/taskStatus"])
        {
            using var answer = await client.GetAsync(path, TestContext.Current.CancellationToken);
            var answered = Assert.Single(answer.Headers.GetValues("X-Request-Id"));
            Assert.Equal(isTaken, answered == id);
            Assert.NotEmpty(answered);
        }
    }

    private Task<RunningOverlord> StartAsync(params string[] more) => StartAsync(postgres, Files, more);

    private static async Task<RunningOverlord> StartAsync(PostgresFixture postgres, AccessFiles files, string[] more) => await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), access: files, more: more);

    private HttpClient Client(RunningOverlord overlord, string? user = null)
    {
        var client = Files.NewClient(user);
        client.BaseAddress = overlord.Address;
        clients.Add(client);
        return client;
    }

    private HttpClient Client(RunningOverlord overlord, AuthenticationHeaderValue credentials)
    {
        var client = Client(overlord);
        client.DefaultRequestHeaders.Authorization = credentials;
        return client;
    }

    private static async Task<(int Status, string Body)> SendAsync(HttpClient client, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task ChangeEverythingAsync(HttpClient client)
    {
        (string Path, string? Body)[] changes = [
            ("supervisor", Spec("wiki")), ("supervisor/wiki/resetOffsets", """{"type":"kafka","partitions":{"type":"end","stream":"topic-1","partitionOffsetMap":{"0":5}}}"""), ("supervisor/wiki/reset", null), ("supervisor/wiki/taskGroups/handoff", """{"taskGroupIds":[0]}"""),
            ("supervisor/wiki/suspend", null), ("supervisor/wiki/resume", null), ("supervisor/wiki/terminate", null), ("worker", """{"type":"default"}""")];
        foreach (var (path, body) in changes) Assert.Equal((path, 200), (path, (await SendAsync(client, "POST", $"{Base}/{path}", body)).Status));
    }

    private static async Task<IReadOnlyList<(string, bool)>> SuspendedAsync(HttpClient client) =>
        [.. JsonNode.Parse((await SendAsync(client, "GET", $"{Supervisors}?full")).Body)!.AsArray().Select(s => ((string)s!["id"]!, (bool)s["suspended"]!))];

    private static string Spec(string dataSource, string? id = null) => PostedSpecs.Wiki(s =>
    {
        s["spec"]!["dataSchema"]!["dataSource"] = dataSource;
        if (id is not null) s["id"] = id;
    });
}
