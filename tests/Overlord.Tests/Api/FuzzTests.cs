using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Ingestion.Embedded;
using Ingestion.Overlord.Tests.Documentation;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Requests made at random from a seed (FUZZ_SEED; FUZZ_REQUESTS of them, 20,000 in a full run): whatever a caller sends, it is not the server that fails. The overlord is a process of its own, whose
/// memory and log are nobody else's.</summary>
public sealed class FuzzTests(PostgresFixture postgres) : IDisposable
{
    private const int Some = 2_000, AnewAfter = 40;

    /// <summary>Of its heap, which the runtime keeps to, and of the whole process. Small requests one after the other take a third of it.</summary>
    private const long HeapLimit = 256 << 20, MemoryLimit = 512 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly string folder = Directory.CreateTempSubdirectory("fuzz-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_request_ends_with_an_error_of_the_server_or_never_or_with_a_secret_and_all_of_them_take_little_memory(bool hasUsers)
    {
        var (seed, count) = (Number("FUZZ_SEED", 1), Number("FUZZ_REQUESTS", Some));
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var task = MetadataWorld.Payload(FuzzedRequest.ActiveTask);
        await world.StartAsync(task with { IoConfig = task.IoConfig with { ConsumerProperties = task.IoConfig.ConsumerProperties.SetItem("sasl.password", FuzzedRequest.Secret) } });
        var access = hasUsers ? new AccessFiles(Path.Combine(folder, "access")) : null;
        await using var stack = NewStack(world.Storage.ConnectionString, access);
        await stack.StartOverlordAsync("--deep-storage", stack.DeepStorage);
        using var http = access?.NewClient() ?? new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false });
        http.Timeout = Patience;
        var random = new Random(seed);
        var statuses = new SortedDictionary<int, int>();
        for (var i = 0; i < count; i++)
        {
            if (i % AnewAfter == 0)
            {
                await stack.Client.SendAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor/terminateAll", "{}");
                await stack.Client.SendAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor", FuzzedRequest.Spec);
            }
            var request = FuzzedRequest.Next(random);
            if (hasUsers) request = request.By(random);
            using var message = request.ToMessage(stack.Client.Address);
            using var response = await http.SendAsync(message);
            var (status, body) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            var tellsHealth = status == 503 && (request.Method == "HEAD" ? body.Length == 0 && request.Path.EndsWith("/health", StringComparison.Ordinal) : body == """{"healthy":false}""");
            if (status >= 500 && !tellsHealth) Assert.Fail($"seed {seed}, request {i} was answered {status} {body}: {request}");
            if (body.Contains(FuzzedRequest.Secret, StringComparison.Ordinal)) Assert.Fail($"seed {seed}, request {i} was answered with a secret: {request}: {body}");
            if (request.Resigns) Assert.True(await Waiting.UntilAsync(async () => (await stack.Client.SendAsync(HttpMethod.Get, "/druid/indexer/v1/isLeader")).Status == 200, Patience), $"seed {seed}: nobody leads after request {i}");
        }
        Assert.Equal((200, "true"), await stack.Client.SendAsync(HttpMethod.Get, "/status/health"));
        using var process = Process.GetProcessById(stack.Overlord!.Id);
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} requests, {process.PeakWorkingSet64 >> 20} MiB: {string.Join(", ", statuses)}");
        Assert.InRange(process.PeakWorkingSet64, 1, MemoryLimit);
        Assert.DoesNotContain(FuzzedRequest.Secret, await File.ReadAllTextAsync(stack.Overlord.LogPath, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var few = count / (hasUsers ? 20 : 10); // of those without the right credentials nothing is read
        Assert.True(statuses.GetValueOrDefault(200) > few && statuses.GetValueOrDefault(400) > few, $"too few of these requests mean anything: {string.Join(", ", statuses)}");
    }

    [Fact]
    public void Every_endpoint_is_asked() =>
        Assert.Equal([], ProgramRoutes.All.Keys.Where(route => !FuzzedRequest.Endpoints.Any(e => e.Method == route.Method && Matches(route.Path, e.Path.Split('?')[0]))).Select(r => $"{r.Method} {r.Path}"));

    private static bool Matches(string route, string path) => Regex.IsMatch(path, $"^{Regex.Replace(Regex.Escape(route), @"\\\{[^/}]+}", "[^/]+")}$");

    private Stack NewStack(string metadata, AccessFiles? access)
    {
        var segments = Path.Combine(folder, "segments");
        return access is null ? new Stack(folder, metadata, segments) { Variables = Limits([]) }
            : new Stack(folder, metadata, segments, client: new OverlordClient(new Uri($"https://127.0.0.1:{Ports.Free()}"), access.NewClient(AccessFiles.Operator))) { Options = access.Options, Variables = Limits(access.Variables) };
    }

    private static Dictionary<string, string> Limits(IEnumerable<KeyValuePair<string, string>> variables) => new(variables) { ["DOTNET_GCHeapHardLimit"] = $"{HeapLimit:x}" };

    private static int Number(string variable, int otherwise) => Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
