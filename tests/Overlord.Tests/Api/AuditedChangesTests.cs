using System.Text.Json.Nodes;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Changes that are no supervisor's, each with its row in Druid's audit table: what was changed, what became of it, and who asked.</summary>
public sealed class AuditedChangesTests(PostgresFixture postgres)
{
    private const string Author = "ops", Comment = "for a test";

    [Fact]
    public async Task Leader_that_is_asked_to_resign_says_so_before_it_does()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        Assert.Equal(409, await PostAsync(overlord, "/druid-internal/v1/leadership/resign")); // there is no other
        Assert.Equal([("leadership", overlord.Address.GetLeftPart(UriPartial.Authority), "Resign", Author, Comment)], await RowsAsync(world));
    }

    [Fact]
    public async Task Worker_that_is_disabled_and_enabled_has_a_row_for_each_and_one_that_is_not_there_has_none()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        await using var worker = await FakeWorker.StartAsync(overlord, capacity: 2);
        var host = worker.Address.Authority;
        foreach (var (path, status) in ((string, int)[])[($"worker/{host}/disable", 200), ($"worker/{host}/enable", 200), ("worker/nowhere:1/disable", 404)])
            Assert.Equal((path, status), (path, await PostAsync(overlord, $"/druid/indexer/v1/{path}")));
        Assert.Equal([("worker", host, "Disabled", Author, Comment), ("worker", host, "Enabled", Author, Comment)], await RowsAsync(world));
    }

    private static async Task<int> PostAsync(RunningOverlord overlord, string path)
    {
        using var http = new HttpClient { BaseAddress = overlord.Address };
        http.DefaultRequestHeaders.Add("X-Druid-Author", Author);
        http.DefaultRequestHeaders.Add("X-Druid-Comment", Comment);
        using var answer = await http.PostAsync(path, null, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private static async Task<IEnumerable<(string, string, string, string, string)>> RowsAsync(MetadataWorld world) =>
        from row in await world.QueryAsync<(string Type, string Key, string Author, string Comment, byte[] Payload)>("SELECT type, audit_key, author, comment, payload FROM druid_audit ORDER BY id")
        select (row.Type, row.Key, ((string)JsonNode.Parse(row.Payload)!["payload"]!).Trim('"'), row.Author, row.Comment);
}
