using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Requests that a real Druid 33 answered are sent to ours. Where Druid itself was wrong, the better answer is stated here.</summary>
public sealed class RecordedAnswersTests(PostgresFixture postgres)
{
    /// <summary>Endpoints of the recording that belong to later issues (the whole HTTP API), and what legitimately differs.</summary>
    private static readonly string[] NotYet =
    [
        "/status", "/spec", "/stats", "/parseErrors", "/config", "suspendAll", "resumeAll", "terminateAll", "/leader", "/workers", "/worker", "/worker/history",
        "/reports", "/log", "/shutdown", "/segments", "/scaling", "/lockedIntervals", "/lockedIntervals/v2", "/indexer/v1/task", "/totalWorkerCapacity",
    ];

    [Fact]
    public async Task Endpoints_without_supervisors_answer_as_druid_does()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var compared = 0;
        foreach (var exchange in Recording("01-supervisor-endpoints-without-supervisors.json"))
        {
            var request = exchange.GetProperty("request");
            var path = request.GetProperty("path").GetString()!;
            var isSupervisors = path.StartsWith("/druid/indexer/v1/supervisor/nope", StringComparison.Ordinal) && (path.EndsWith("/status", StringComparison.Ordinal) || path.EndsWith("/shutdown", StringComparison.Ordinal));
            if (!isSupervisors && path != "/druid/indexer/v1/task/nope/status" && NotYet.Any(n => path.EndsWith(n, StringComparison.Ordinal))) continue;
            var expected = exchange.GetProperty("response");
            var actual = await overlord.SendAsync(request.GetProperty("method").GetString()!, path, Body(request));
            Assert.Equal((path, expected.GetProperty("status").GetInt32(), Normal(expected.GetProperty("body"))), (path, actual.Status, Normal(actual.Body)));
            compared++;
        }
        Assert.True(compared >= 20, $"only {compared} exchanges were compared");
    }

    [Fact]
    public async Task Bad_specs_are_refused_with_400_and_every_problem_and_never_with_500()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        // Accepted by Druid and by us.
        string[] good = ["no dataSchema.dimensionsSpec", "stopTaskCount > taskCount"];
        foreach (var exchange in Recording("02-bad-specs.json"))
        {
            var note = exchange.GetProperty("note").GetString()!;
            var contentType = note switch { "wrong content type" => "text/plain", "no content type" => null, _ => "application/json" };
            var actual = await overlord.SendAsync("POST", "/druid/indexer/v1/supervisor", Body(exchange.GetProperty("request")), contentType);
            var expected = contentType != "application/json" ? 415 : good.Contains(note) ? 200 : 400;
            Assert.Equal((note, expected), (note, actual.Status));
            if (expected != 400) continue;
            var answer = JsonNode.Parse(actual.Body)!;
            Assert.NotEqual("", (string)answer["error"]!);
            Assert.All(answer["problems"]!.AsArray(), p => Assert.StartsWith("$", (string)p!["path"]!, StringComparison.Ordinal));
        }
        Assert.Equal("""["wiki"]""", (await overlord.SendAsync("GET", "/druid/indexer/v1/supervisor")).Body);
    }

    private static IEnumerable<JsonElement> Recording(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Recorded", name))).RootElement.EnumerateArray();

    private static string? Body(JsonElement request) => request.GetProperty("body") switch
    {
        { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        var json => json.GetRawText(),
    };

    /// <summary>JSON without its formatting; other texts as they are.</summary>
    private static string Normal(JsonElement body) => body.ValueKind == JsonValueKind.String ? Normal(body.GetString()!) : Normal(body.GetRawText());

    private static string Normal(string body)
    {
        try { return JsonNode.Parse(body)?.ToJsonString() ?? "null"; }
        catch (JsonException) { return body; }
    }
}
