using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>A supervisor's life as a Druid 33 answered it (03-shapes.json), asked of ours in the same order: the same status, the same members in
/// each object, the same spec, the same errors.</summary>
public sealed class RecordedShapesTests(PostgresFixture postgres)
{
    /// <summary>Members that legitimately differ: the first three only we have; with Druid the last is filled with the timestamp's column and <c>__time</c> while
    /// it reads, for itself, while we store what was given.</summary>
    private static readonly HashSet<string> Different = ["committedOffsets", "waitingFor", "trouble", "dimensionExclusions"];

    [Fact]
    public async Task Supervisors_life_is_answered_in_druids_shapes()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Recorded", "03-shapes.json"));
        // No broker answers there, whatever runs on this machine.
        var recording = JsonNode.Parse(text.Replace("localhost:9092", $"127.0.0.1:{Ports.Free()}", StringComparison.Ordinal))!.AsArray();
        foreach (var exchange in recording)
        {
            var (note, request, expected) = ((string)exchange!["note"]!, exchange["request"]!, exchange["response"]!);
            var path = (string)request["path"]!;
            if (note is "terminate again" or "get after terminate" or "status after terminate")
                await overlord.UntilAsync("it is gone", async () => (await overlord.SendAsync("GET", path[..(path.IndexOf("wiki_a", StringComparison.Ordinal) + 6)])).Status == 404);
            var actual = await overlord.SendAsync((string)request["method"]!, path, request["body"]?.ToJsonString());
            Assert.Equal((note, (int)expected["status"]!, (string?)expected["contentType"]), (note, actual.Status, actual.ContentType));
            if (expected["body"] is JsonValue plain) Assert.Equal($"{note}: {plain}", $"{note}: {actual.Body}");
            else if (actual.Status != 200 || (string)request["method"]! == "POST" && note is not ("suspend" or "resume")) Assert.Equal($"{note}: {expected["body"]!.ToJsonString()}", $"{note}: {Compact(actual.Body)}");
            else if (note is "get spec" or "suspend" or "resume") Assert.Equal($"{note}: {Spec(expected["body"]!)}", $"{note}: {Spec(JsonNode.Parse(actual.Body)!)}");
            else Assert.Equal($"{note}: {Recording.Shape(expected["body"], Different)}", $"{note}: {Recording.Shape(JsonNode.Parse(actual.Body), Different)}");
        }
    }

    private static string Compact(string json) => JsonNode.Parse(json)!.ToJsonString();

    /// <summary>The whole spec, but for dimensionExclusions.</summary>
    private static string Spec(JsonNode spec)
    {
        foreach (var schema in new[] { spec["dataSchema"]!, spec["spec"]!["dataSchema"]! }) schema["dimensionsSpec"]!.AsObject().Remove("dimensionExclusions");
        return spec.ToJsonString();
    }
}
