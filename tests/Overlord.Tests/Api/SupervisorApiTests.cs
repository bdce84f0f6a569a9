using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>A supervisor's life over HTTP, without any worker or broker: what does not need them must work without them.</summary>
public sealed class SupervisorApiTests(PostgresFixture postgres)
{
    private const string Path = "/druid/indexer/v1/supervisor";

    [Fact]
    public async Task Spec_is_posted_listed_suspended_resumed_and_terminated()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        Assert.Equal((200, """{"id":"wiki"}"""), Brief(await overlord.SendAsync("POST", Path, Spec())));
        Assert.Equal((200, """["wiki"]"""), Brief(await overlord.SendAsync("GET", Path)));
        var stored = JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki")).Body)!;
        Assert.Equal(("kafka", false, "PT3600S"), ((string)stored["type"]!, (bool)stored["suspended"]!, (string)stored["spec"]!["ioConfig"]!["taskDuration"]!));

        var suspended = await overlord.SendAsync("POST", $"{Path}/wiki/suspend");
        Assert.Equal((200, true), (suspended.Status, (bool)JsonNode.Parse(suspended.Body)!["suspended"]!));
        Assert.Equal((400, """{"error":"[wiki] is already suspended"}"""), Brief(await overlord.SendAsync("POST", $"{Path}/wiki/suspend")));
        Assert.Equal(200, (await overlord.SendAsync("POST", $"{Path}/wiki/resume")).Status);
        Assert.Equal((400, """{"error":"[wiki] is already running"}"""), Brief(await overlord.SendAsync("POST", $"{Path}/wiki/resume")));
        Assert.Equal((200, """{"id":"wiki"}"""), Brief(await overlord.SendAsync("POST", $"{Path}/wiki/terminate")));
        await overlord.UntilAsync("it is gone", async () => (await overlord.SendAsync("GET", Path)).Body == "[]");
        Assert.Equal((404, "Cannot find any supervisor with id: [wiki]"), Brief(await overlord.SendAsync("GET", $"{Path}/wiki/status")));
        // Not as nodes, which refuse a tombstone's two "type" members.
        var history = JsonDocument.Parse((await overlord.SendAsync("GET", $"{Path}/wiki/history")).Body).RootElement.EnumerateArray().Select(v => v.GetProperty("spec"));
        Assert.Equal([null, false, true, false], history.Select(s => s.TryGetProperty("ioConfig", out _) ? (bool?)s.GetProperty("suspended").GetBoolean() : null));
    }

    [Fact]
    public async Task Supervisors_survive_a_restart_of_the_overlord_and_terminated_ones_do_not_come_back()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var first = await RunningOverlord.StartAsync(database))
        {
            await first.SendAsync("POST", Path, Spec());
            await first.SendAsync("POST", Path, Spec(s => s["id"] = "gone"));
            await first.SendAsync("POST", $"{Path}/gone/shutdown");
        }
        await using var second = await RunningOverlord.StartAsync(database);
        Assert.Equal((200, """["wiki"]"""), Brief(await second.SendAsync("GET", Path)));
    }

    [Fact]
    public async Task Consumer_properties_that_no_client_could_use_are_refused_each_with_its_path()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var untranslated = await overlord.SendAsync("POST", Path, Spec(s => s["spec"]!["ioConfig"]!["consumerProperties"] = JsonNode.Parse("""{"bootstrap.servers":"k:1","ssl.keystore.location":"/k.jks","ssl.key.password":{"type":"vault"}}""")));
        Assert.Equal((400, "$.spec.ioConfig.consumerProperties.ssl.key.password $.spec.ioConfig.consumerProperties.ssl.keystore.location"), (untranslated.Status, Paths(untranslated.Body)));
        var refused = await overlord.SendAsync("POST", Path, Spec(s => s["spec"]!["ioConfig"]!["consumerProperties"] = JsonNode.Parse("""{"bootstrap.servers":"k:1","fetch.max.wait.ms":"soon","security.protocol":"TLS","no.such.property":"1"}""")));
        Assert.Equal((400, "$.spec.ioConfig.consumerProperties.fetch.max.wait.ms $.spec.ioConfig.consumerProperties.security.protocol"), (refused.Status, Paths(refused.Body)));

        static string Paths(string body) => string.Join(' ', JsonNode.Parse(body)!["problems"]!.AsArray().Select(p => (string)p!["path"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Status_has_druids_members()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", Path, Spec());
        var payload = JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki/status")).Body)!["payload"]!.AsObject();
        string[] druids = ["dataSource", "stream", "partitions", "replicas", "durationSeconds", "activeTasks", "publishingTasks", "minimumLag", "aggregateLag", "suspended", "healthy", "state", "detailedState", "recentErrors"];
        Assert.Equal([], druids.Except(payload.Select(m => m.Key)));
        Assert.Equal(("wiki", "topic-1", 3600L), ((string)payload["dataSource"]!, (string)payload["stream"]!, (long)payload["durationSeconds"]!));
        await overlord.UntilAsync("the unreachable broker shows", async () => (await overlord.SendAsync("GET", $"{Path}/wiki/status")).Body.Contains("streamException\":true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_source_stream_is_refused_as_druid_words_it()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", Path, Spec());
        var answer = await overlord.SendAsync("POST", Path, Spec(s => s["spec"]!["ioConfig"]!["topic"] = "topic-2"));
        Assert.Equal(400, answer.Status);
        Assert.Contains("Update of the input source stream from [topic-1] to [topic-2] is not supported", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_supervisors_of_one_data_source_live_and_die_by_their_ids()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", Path, Spec(s => s["id"] = "one"));
        await overlord.SendAsync("POST", Path, Spec(s => s["id"] = "two"));
        foreach (var (id, offsets) in (IEnumerable<(string, string)>)[("one", """{"0":1}"""), ("two", """{"0":2}""")])
            await overlord.SendAsync("POST", $"{Path}/{id}/resetOffsets", $$"""{"type":"kafka","partitions":{"type":"end","stream":"topic-1","partitionOffsetMap":{{offsets}} } }""");
        await overlord.SendAsync("POST", $"{Path}/one/reset");
        await overlord.SendAsync("POST", $"{Path}/one/suspend");
        Assert.Equal(("""{"0":2}""", false), await CommittedAndSuspendedAsync(overlord, "two"));
        Assert.Equal(("{}", true), await CommittedAndSuspendedAsync(overlord, "one"));
        await overlord.SendAsync("POST", $"{Path}/one/terminate");
        await overlord.UntilAsync("one is gone", async () => (await overlord.SendAsync("GET", Path)).Body == """["two"]""");
    }

    [Fact]
    public async Task Task_count_that_is_not_stated_is_the_stored_one_until_the_supervisor_is_terminated()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", Path, Spec(s => s["spec"]!["ioConfig"]!["taskCount"] = 2));
        await overlord.SendAsync("POST", Path, Spec(s => s["spec"]!["ioConfig"]!["taskCount"] = 3));
        await overlord.SendAsync("POST", Path, Spec());
        Assert.Equal(3, await TaskCountAsync(overlord));
        await overlord.SendAsync("POST", $"{Path}/wiki/terminate");
        await overlord.UntilAsync("it is gone", async () => (await overlord.SendAsync("GET", Path)).Body == "[]");
        await overlord.SendAsync("POST", Path, Spec());
        Assert.Equal(1, await TaskCountAsync(overlord));
    }

    [Fact]
    public async Task Unmodified_spec_is_not_a_new_version()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var spec = Spec();
        foreach (var path in (string[])[$"{Path}?skipRestartIfUnmodified=true", Path, $"{Path}?skipRestartIfUnmodified=true"]) Assert.Equal((200, """{"id":"wiki"}"""), Brief(await overlord.SendAsync("POST", path, spec)));
        Assert.Single(JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki/history")).Body)!.AsArray());
    }

    [Fact]
    public async Task Standby_redirects_to_the_leader_and_leads_when_the_leader_stops()
    {
        var database = await postgres.CreateDatabaseAsync();
        var leader = await RunningOverlord.StartAsync(database);
        await using var standby = await RunningOverlord.StartAsync(database, waitForLeadership: false);
        await leader.SendAsync("POST", Path, Spec());
        var redirected = await standby.SendAsync("GET", $"{Path}?full");
        Assert.Equal((307, $"{leader.Address.ToString().TrimEnd('/')}{Path}?full"), (redirected.Status, redirected.Location));
        Assert.Equal((404, """{"leader":false}"""), Brief(await standby.SendAsync("GET", "/druid/indexer/v1/isLeader")));
        Assert.Equal(leader.Address.ToString().TrimEnd('/'), (await standby.SendAsync("GET", "/druid/indexer/v1/leader")).Body);
        await leader.DisposeAsync();
        await standby.UntilAsync("the standby leads", async () => (await standby.SendAsync("GET", "/druid/indexer/v1/isLeader")).Status == 200);
        Assert.Equal((200, """["wiki"]"""), Brief(await standby.SendAsync("GET", Path)));
    }

    [Theory]
    [InlineData("""{"environment":"production","services":null}""", "[services]")]
    [InlineData("""{"environment":"production","services":[null]}""", "[services[0]]")]
    [InlineData("""{"environment":"production","services":[{"id":"a","type":null,"properties":{}}]}""", "[services[0].type]")]
    [InlineData("""{"environment":"production","services":[{"id":"a","type":"t","properties":null}]}""", "[services[0].properties]")]
    [InlineData("""{"environment":"production","services":[{"id":"a","type":"druid-worker","properties":{"http":null}}]}""", "[services[0].properties.http]")]
    public async Task Announcement_with_a_null_is_refused_and_not_kept(string body, string missing)
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        Assert.Equal((400, $"The announcement lacks {missing}"), Brief(await overlord.SendAsync("PUT", "/v1/announcement/n1", body)));
        Assert.Equal(202, (await overlord.SendAsync("PUT", "/v1/announcement/n2", """{"environment":"production","pool":null,"services":[{"id":"a","type":"t","properties":{}}]}""")).Status);
        Assert.Equal((200, """{"environment":"production","services":[{"id":"a","nodeId":"n2","type":"t","pool":"general","location":"/somewhere/n2","properties":{}}]}"""), Brief(await overlord.SendAsync("GET", "/v1/service/t")));
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("null", 400)]
    [InlineData("{\"task\":{\"id\":\"x\"},\"action\":{\"type\":\"bogus\"}}", 400)]
    [InlineData("{\"task\":{\"id\":\"x\"},\"action\":{\"type\":\"lockList\"}}", 400)] // there is no such task; Druid has 500 for it
    public async Task Task_actions_that_cannot_be_done_are_answered_with_an_error(string body, int status)
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var answer = await overlord.SendAsync("POST", "/druid/indexer/v1/action", body);
        Assert.Equal(status, answer.Status);
        Assert.NotNull(JsonNode.Parse(answer.Body)!["error"]);
    }

    private static async Task<(string, bool)> CommittedAndSuspendedAsync(RunningOverlord overlord, string id)
    {
        var payload = JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/{id}/status")).Body)!["payload"]!;
        return (payload["committedOffsets"]!.ToJsonString(), (bool)payload["suspended"]!);
    }

    private static async Task<int> TaskCountAsync(RunningOverlord overlord) => (int)JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki")).Body)!["spec"]!["ioConfig"]!["taskCount"]!;

    private static (int, string) Brief((int Status, string? ContentType, string Body, string? Location) answer) => (answer.Status, answer.Body);

    private static string Spec(Action<JsonNode>? change = null) => PostedSpecs.Wiki(change);
}
