using System.Text.Json.Nodes;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Discovery;

/// <summary>Requests that a discovery server answered (airlift's, version 1.32, which Presto uses) are sent to the one that is embedded in an overlord. Where ours differs on purpose, Recorded/differences.json says why.</summary>
public sealed class DiscoveryRecordingTests(PostgresFixture postgres)
{
    private static readonly string[] OnOneSideOnly = ["mysql", "druid-overlord"]; // announced for good in the recorded one; ours knows itself

    [Fact]
    public async Task Requests_are_answered_as_the_discovery_server_of_Presto_answers_them()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), true, "--environment", "test");
        var differences = Recording.DifferencesOf("discovery");
        foreach (var recorded in Recording.Read("discovery-server-1.32.json"))
        {
            var actual = await overlord.SendAsync(recorded.Method, recorded.Path, recorded.Body, recorded.Note == "text" ? "text/plain" : "application/json");
            if (differences.Find(recorded.Note) is { } different) Assert.Equal((recorded.Note, different.Status ?? recorded.Status), (recorded.Note, actual.Status));
            else Assert.Equal((recorded.Note, recorded.Status, recorded.ContentType, Services(recorded.Answer)), (recorded.Note, actual.Status, actual.ContentType, Services(actual.Body)));
        }
    }

    [Fact]
    public async Task What_only_the_announcing_node_knows_is_kept_and_given_back()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        const string service = """{"id":"1","type":"guest","properties":{"http":"http://guest:1","its own":"x"},"state":"RUNNING","more":{"a":[1,null]}}""";
        Assert.Equal(202, (await overlord.SendAsync("PUT", "/v1/announcement/guest", $$"""{"environment":"production","pool":"p","location":"/l","services":[{{service}}],"unknown":7}""")).Status);
        var listed = JsonNode.Parse((await overlord.SendAsync("GET", "/v1/service/guest/p")).Body)!["services"]!.AsArray().Single()!;
        foreach (var member in JsonNode.Parse(service)!.AsObject()) Assert.True(JsonNode.DeepEquals(member.Value, listed[member.Key]), member.Key);
        Assert.Equal(("guest", "p", "/l"), ((string?)listed["nodeId"], (string?)listed["pool"], (string?)listed["location"]));
    }

    [Fact]
    public async Task Text_that_nobody_could_be_given_is_refused()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        Assert.Equal(400, (await overlord.SendAsync("PUT", "/v1/announcement/guest", """{"environment":"production","services":[{"id":"1","type":"guest","properties":{},"more":"\ud800"}]}""")).Status);
        Assert.Equal(200, (await overlord.SendAsync("GET", "/v1/service")).Status);
    }

    [Fact]
    public async Task Answers_are_indented_where_they_are_asked_to_be_pretty()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var (plain, pretty) = ((await overlord.SendAsync("GET", "/v1/service/nobody")).Body, (await overlord.SendAsync("GET", "/v1/service/nobody?pretty")).Body);
        Assert.Equal(("""{"environment":"production","services":[]}""", "{\n  \"environment\": \"production\",\n  \"services\": []\n}"), (plain, pretty));
        Assert.Contains("\n  \"nodeVersion\": {", (await overlord.SendAsync("GET", "/v1/info?pretty")).Body, StringComparison.Ordinal);
    }

    private static string Services(string answer)
    {
        var normal = Recording.Normal(answer);
        if (!normal.StartsWith('{')) return normal;
        var json = JsonNode.Parse(normal)!;
        foreach (var service in json["services"]!.AsArray().Where(s => OnOneSideOnly.Contains((string?)s!["type"])).ToList()) json["services"]!.AsArray().Remove(service);
        return json.ToJsonString();
    }
}
