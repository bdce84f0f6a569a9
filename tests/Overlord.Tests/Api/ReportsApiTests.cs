using System.Text.Json.Nodes;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>All supervisors at once, and what is reported of one, without a worker or broker. What tasks report: ReportTests in EndToEnd.</summary>
public sealed class ReportsApiTests(PostgresFixture postgres)
{
    private const string Path = "/druid/indexer/v1/supervisor";

    [Fact]
    public async Task All_supervisors_are_suspended_resumed_and_terminated_at_once_whatever_they_were()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", Path, PostedSpecs.Wiki(s => s["id"] = "one"));
        await overlord.SendAsync("POST", Path, PostedSpecs.Wiki(s => s["id"] = "two"));
        await overlord.SendAsync("POST", $"{Path}/one/suspend");

        Assert.Equal((200, """{"status":"success"}"""), await SendAsync(overlord, "POST", "suspendAll"));
        Assert.Equal([("one", true), ("two", true)], await SuspendedAsync(overlord));
        Assert.Equal((200, """{"status":"success"}"""), await SendAsync(overlord, "POST", "resumeAll"));
        Assert.Equal([("one", false), ("two", false)], await SuspendedAsync(overlord));
        Assert.Equal((200, """{"status":"success"}"""), await SendAsync(overlord, "POST", "resumeAll"));
        Assert.Equal((200, """{"status":"success"}"""), await SendAsync(overlord, "POST", "terminateAll"));
        await overlord.UntilAsync("they are gone", async () => (await overlord.SendAsync("GET", Path)).Body == "[]");
    }

    [Fact]
    public async Task Request_to_all_reaches_all_and_names_those_that_failed()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var first = await RunningOverlord.StartAsync(database))
            foreach (var id in (string[])["b", "a", "c", "d"]) await first.SendAsync("POST", Path, PostedSpecs.Wiki(s => s["id"] = id));
        await using var source = NpgsqlDataSource.Create(database);
        await using var spoil = source.CreateCommand("INSERT INTO druid_datasource SELECT id, '2026-01-01T00:00:00.000Z', 'not json', 'x' FROM unnest(ARRAY['a', 'c']) id");
        await spoil.ExecuteNonQueryAsync();

        await using var overlord = await RunningOverlord.StartAsync(database);
        var (status, body) = await SendAsync(overlord, "POST", "suspendAll");
        Assert.Equal(500, status);
        Assert.StartsWith("All supervisors were asked, 2 failed: [a", (string)JsonNode.Parse(body)!["error"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("[b", body, StringComparison.Ordinal);
        Assert.Equal([("a", false), ("b", true), ("c", false), ("d", true)], await SuspendedAsync(overlord));
        await using var mend = source.CreateCommand("DELETE FROM druid_datasource");
        await mend.ExecuteNonQueryAsync();
        Assert.Equal((200, """{"status":"success"}"""), await SendAsync(overlord, "POST", "suspendAll"));
        Assert.All(await SuspendedAsync(overlord), s => Assert.True(s.Item2, s.Item1));
    }

    [Fact]
    public async Task Supervisor_without_tasks_has_neither_stats_nor_parse_errors()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", Path, PostedSpecs.Wiki());
        Assert.Equal((200, "{}"), await SendAsync(overlord, "GET", "wiki/stats"));
        Assert.Equal((200, "[]"), await SendAsync(overlord, "GET", "wiki/parseErrors"));
        foreach (var what in new[] { "stats", "parseErrors" }) Assert.Equal((404, "Cannot find any supervisor with id: [nope]"), await SendAsync(overlord, "GET", $"nope/{what}"));
    }

    [Fact]
    public async Task Health_of_a_supervisor_whose_runs_fail_is_503_until_they_do_not()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        // A variable that is not set is found out by each run, which fails at once; a reset makes the next one due.
        await overlord.SendAsync("POST", Path, PostedSpecs.Wiki(s => s["spec"]!["ioConfig"]!["consumerProperties"]!["druid.dynamic.config.provider"] = JsonNode.Parse("""{"type":"environment","variables":{"client.id":"NO_SUCH_VARIABLE_IS_SET"}}""")));
        for (var failures = 1; failures <= 3; failures++)
        {
            var expected = failures;
            await overlord.UntilAsync($"{expected} runs have failed", async () => await ErrorsAsync(overlord) >= expected);
            Assert.Equal(failures < 3 ? (200, """{"healthy":true}""") : (503, """{"healthy":false}"""), await SendAsync(overlord, "GET", "wiki/health"));
            if (failures < 3) await SendAsync(overlord, "POST", "wiki/reset");
        }
    }

    private static async Task<int> ErrorsAsync(RunningOverlord overlord) => JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki/status")).Body)!["payload"]!["recentErrors"]!.AsArray().Count;

    private static async Task<IEnumerable<(string, bool)>> SuspendedAsync(RunningOverlord overlord) =>
        JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}?system")).Body)!.AsArray().Select(s => ((string)s!["id"]!, (bool)s["suspended"]!));

    private static async Task<(int, string)> SendAsync(RunningOverlord overlord, string method, string path)
    {
        var answer = await overlord.SendAsync(method, $"{Path}/{path}", method == "POST" ? "{}" : null);
        return (answer.Status, answer.Body);
    }
}
