using System.Globalization;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Requests made at random from a seed (FUZZ_SEED; FUZZ_REQUESTS of them, 20,000 in a full run): whatever a caller sends, it is not the server that fails.</summary>
public sealed class FuzzTests(PostgresFixture postgres)
{
    private const int Some = 2_000, AnewAfter = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task No_request_ends_with_an_error_of_the_server_or_never_or_with_a_secret()
    {
        var (seed, count) = (Number("FUZZ_SEED", 1), Number("FUZZ_REQUESTS", Some));
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var task = MetadataWorld.Payload(FuzzedRequest.ActiveTask);
        await world.StartAsync(task with { IoConfig = task.IoConfig with { ConsumerProperties = task.IoConfig.ConsumerProperties.SetItem("sasl.password", FuzzedRequest.Secret) } });
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString, more: ["--deep-storage", "fuzzed-segments"]); // there is none, and nothing to delete
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false }) { Timeout = Patience };
        var random = new Random(seed);
        var statuses = new SortedDictionary<int, int>();
        for (var i = 0; i < count; i++)
        {
            if (i % AnewAfter == 0)
            {
                await overlord.SendAsync("POST", "/druid/indexer/v1/supervisor/terminateAll", "{}");
                await overlord.SendAsync("POST", "/druid/indexer/v1/supervisor", FuzzedRequest.Spec);
            }
            var request = FuzzedRequest.Next(random);
            using var message = request.ToMessage(overlord.Address);
            using var response = await http.SendAsync(message);
            var (status, body) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            var tellsHealth = status == 503 && (request.Method == "HEAD" ? body.Length == 0 && request.Path.EndsWith("/health", StringComparison.Ordinal) : body == """{"healthy":false}""");
            if (status >= 500 && !tellsHealth) Assert.Fail($"seed {seed}, request {i} was answered {status} {body}: {request}");
            if (body.Contains(FuzzedRequest.Secret, StringComparison.Ordinal)) Assert.Fail($"seed {seed}, request {i} was answered with a secret: {request}: {body}");
        }
        Assert.Equal((200, "true"), await HealthAsync(overlord));
        Assert.True(statuses.GetValueOrDefault(200) > count / 10 && statuses.GetValueOrDefault(400) > count / 10, $"too few of these requests mean anything: {string.Join(", ", statuses)}");
    }

    private static async Task<(int, string)> HealthAsync(RunningOverlord overlord)
    {
        var answer = await overlord.SendAsync("GET", "/status/health");
        return (answer.Status, answer.Body);
    }

    private static int Number(string variable, int otherwise) => Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
