using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Ingestion.Overlord.Metadata;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Two tasks of a Druid 33, as their rows were in its database, and what it told of them while they ran (03-tasks.json).</summary>
public sealed class RecordedTasksTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Running_tasks_are_told_of_as_druid_does()
    {
        var database = await postgres.CreateDatabaseAsync();
        var recording = Recording.Read("03-tasks.json").ToList();
        var rows = JsonNode.Parse(recording.Single(r => r.Note == "runningTasks").Answer)!.AsArray();
        var payload = JsonNode.Parse(recording.Single(r => r.Note == "task").Answer)!["payload"]!;
        var known = (string)payload["id"]!;
        await StoreAsync(database, rows, payload);
        await using var overlord = await RunningOverlord.StartAsync(database, more: "--take-over");
        await using var worker = await FakeWorker.StartAsync(overlord, capacity: 6, [.. rows.Select(r => (string)r!["id"]!)]);
        await overlord.UntilAsync("the tasks are reported", async () => (await overlord.SendAsync("GET", "/druid/indexer/v1/runningTasks")).Body.Contains(known, StringComparison.Ordinal));
        foreach (var recorded in recording)
        {
            var actual = await overlord.SendAsync(recorded.Method, recorded.Path, recorded.Body);
            Assert.Equal((recorded.Note, recorded.Status, recorded.ContentType, Comparable(recorded.Answer)), (recorded.Note, actual.Status, actual.ContentType, Comparable(actual.Body, worker.Address)));
        }
        Assert.Equal([], JsonNode.Parse((await overlord.SendAsync("GET", "/druid/indexer/v1/tasks?state=running&datasource=another")).Body)!.AsArray());
        Assert.Equal([], JsonNode.Parse((await overlord.SendAsync("GET", "/druid/indexer/v1/tasks?type=compact")).Body)!.AsArray());
    }

    /// <summary>Druid's tasks are processes with ports of their own, ours answer at their worker's; lists of tasks and groups have no order.</summary>
    private static string Comparable(string answer, Uri? worker = null)
    {
        var json = JsonNode.Parse(worker is null ? answer : answer.Replace(worker.Authority, "localhost:8091", StringComparison.Ordinal).Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        Clear(json);
        return Recording.Normal(json!.ToJsonString());
    }

    private static void Clear(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            if (members["location"] is JsonObject location) location["port"] = 0;
            foreach (var (_, value) in members) Clear(value);
        }
        if (node is not JsonArray items) return;
        foreach (var item in items) Clear(item);
        if (items.Count < 2 || items[0] is JsonObject && items[0]!["id"] is null) return;
        var sorted = items.Select(i => i!.DeepClone()).OrderBy(i => (string?)(i as JsonObject)?["id"] ?? i.ToJsonString(), StringComparer.Ordinal).ToList();
        items.Clear();
        foreach (var item in sorted) items.Add(item);
    }

    private static async Task StoreAsync(string database, JsonArray rows, JsonNode payload)
    {
        await using (var storage = new MetadataStorage(database, new MetadataTables(), TimeSpan.FromSeconds(20))) await Migrator.RunAsync(storage);
        await using var connection = new NpgsqlConnection(database);
        foreach (var row in rows)
        {
            var (id, own) = ((string)row!["id"]!, payload.DeepClone());
            own["id"] = id;
            own["resource"]!["availabilityGroup"] = id[..id.LastIndexOf('_')];
            await connection.ExecuteAsync("""
                INSERT INTO druid_tasks (id, created_date, datasource, payload, status_payload, active, type, group_id) VALUES (@id, @at, 'wiki_a', @payload, @status, TRUE, 'index_kafka', 'index_kafka_wiki_a')
                """, new { id, at = (string)row["createdTime"]!, payload = Bytes(own), status = Bytes(JsonNode.Parse($$$"""{"id":"{{{id}}}","status":"RUNNING","duration":-1,"errorMsg":null,"location":{"host":null,"port":-1,"tlsPort":-1} }""")!) });
        }
        await connection.ExecuteAsync("INSERT INTO druid_tasklocks (task_id, lock_payload) VALUES (@id, @payload)", new
        {
            id = (string)rows[0]!["id"]!,
            payload = Bytes(JsonNode.Parse("""
                {"granularity":"timeChunk","type":"EXCLUSIVE","groupId":"index_kafka_wiki_a","dataSource":"wiki_a","interval":"2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z","version":"2026-11-21T09:01:50.947Z","priority":75,"revoked":false}
                """)!),
        });
    }

    private static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
