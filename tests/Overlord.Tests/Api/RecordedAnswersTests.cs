using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Requests that a real Druid 33 answered are sent to ours. Where Druid itself was wrong, the better answer is stated here.</summary>
public sealed class RecordedAnswersTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Endpoints_without_supervisors_answer_as_druid_does()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var worker = await FakeWorker.StartAsync(overlord, capacity: 6);
        (string, string)[] same = [(worker.Address.Authority, "localhost:8091"), (overlord.Address.Authority, "localhost:8090"), ("127.0.0.1", "localhost")];
        var differences = Recording.DifferencesOf("01");
        foreach (var recorded in Recording.Read("01-supervisor-endpoints-without-supervisors.json"))
        {
            var request = $"{recorded.Method} {recorded.Path}";
            var actual = await overlord.SendAsync(recorded.Method, recorded.Path, recorded.Body);
            if (differences.Find(request) is { } different) Assert.Equal((request, different.Status ?? recorded.Status), (request, actual.Status));
            else Assert.Equal((request, recorded.Status, recorded.ContentType, Recording.Normal(recorded.Answer)), (request, actual.Status, actual.ContentType, Recording.Normal(actual.Body, same)));
        }
    }

    [Fact]
    public async Task Bad_specs_are_answered_as_druid_does_or_as_the_list_of_differences_says()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var differences = Recording.DifferencesOf("02");
        foreach (var recorded in Recording.Read("02-bad-specs.json"))
        {
            var contentType = recorded.Note switch { "wrong content type" => "text/plain", "no content type" => null, _ => "application/json" };
            var actual = await overlord.SendAsync("POST", recorded.Path, recorded.Body, contentType);
            var different = differences.Find(recorded.Note);
            Assert.Equal((recorded.Note, different?.Status ?? recorded.Status, different is null ? recorded.ContentType : "application/json", Recording.Normal(different?.Answer ?? recorded.Answer)),
                (recorded.Note, actual.Status, actual.ContentType, Recording.Normal(actual.Body)));
        }
        Assert.Equal("""["wiki"]""", (await overlord.SendAsync("GET", "/druid/indexer/v1/supervisor")).Body);
    }
}
