using System.Collections.Concurrent;
using System.Text.Json;
using Ingestion.Access;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Hosting.Announcing;
using Ingestion.Support;

namespace Ingestion.IndexTask.Tests.Hosting.Announcing;

public sealed class AnnouncerTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20), Period = TimeSpan.FromMilliseconds(50);
    private readonly ThreadedServer first = new(), second = new();
    private readonly RecordedLog log = new();
    private readonly ConcurrentQueue<string> known = new();
    private string? cluster;

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Worker_announces_itself_while_every_thread_of_the_pool_is_busy()
    {
        var release = new ManualResetEventSlim(); // not disposed: what the pool has not come to yet asks it later
        for (var i = 0; i < 2000; i++) ThreadPool.UnsafeQueueUserWorkItem(_ => release.Wait(), null);
        var announcer = NewAnnouncer();
        try
        {
            announcer.Start();
            Assert.True(SpinWait.SpinUntil(() => first.Count("PUT") >= 5, Bound));
            Assert.True(ThreadPool.PendingWorkItemCount > 0);
        }
        finally { release.Set(); }
        await announcer.StopAsync().WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Equal("DELETE /v1/announcement/n%201", first.Requests.Last());
    }

    [Fact]
    public async Task Announcement_tells_address_capacity_version_protocol_and_the_cluster_once_it_is_known()
    {
        var announcer = NewAnnouncer();
        announcer.Start();
        await UntilAsync(() => first.Count("PUT") > 0);
        var begin = Properties();
        cluster = "c1";
        var before = first.Count("PUT");
        await UntilAsync(() => first.Count("PUT") > before + 1);
        var later = Properties();
        await announcer.StopAsync();
        Assert.Equal($"capacity=3 category=_default_worker_category http=http://me:8091 node_version={WireProtocol.Release} protocol={WireProtocol.Current}", begin);
        Assert.Equal($"capacity=3 category=_default_worker_category cluster_id=c1 http=http://me:8091 node_version={WireProtocol.Release} protocol={WireProtocol.Current}", later);
    }

    [Fact]
    public async Task Overlords_that_an_answering_one_names_are_announced_to_as_long_as_it_names_them()
    {
        var (both, one) = (Listing(first.Address, second.Address), Listing(first.Address));
        first.Answer = second.Answer = request => request.StartsWith("GET", StringComparison.Ordinal) ? both : ThreadedServer.Taken;
        var announcer = NewAnnouncer();
        announcer.Start();
        await UntilAsync(() => second.Count("PUT") > 1);
        Assert.Contains(string.Join(' ', new[] { $"{first.Address}", $"{second.Address}" }.Order(StringComparer.Ordinal)), known);
        second.Dispose();
        first.Answer = request => request.StartsWith("GET", StringComparison.Ordinal) ? one : ThreadedServer.Taken;
        await UntilAsync(() => log.Has($"{second.Address} is no longer told of"));
        first.Answer = _ => "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
        await UntilAsync(() => log.Has($"this worker cannot announce itself to {first.Address} since"));
        await announcer.StopAsync().WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Equal($"{first.Address}", known.Last());
    }

    [Fact]
    public async Task Trouble_is_logged_once_with_its_reason_and_once_when_it_is_over()
    {
        first.Answer = _ => "HTTP/1.1 400 Bad Request\r\nContent-Length: 13\r\n\r\nno such thing";
        var announcer = NewAnnouncer();
        announcer.Start();
        await UntilAsync(() => first.Count("PUT") > 3);
        first.Answer = _ => ThreadedServer.Taken;
        await UntilAsync(() => log.Has("announced to"));
        await announcer.StopAsync();
        Assert.Matches($"^this worker cannot announce itself to {first.Address} since .*: 400 no such thing; it tries again in 0.1 s\nannounced to {first.Address} again, after [0-9.]+ s$", string.Join('\n', log.Lines));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", "http://overlords.example:8090/", false, "it is an address of the overlord's own machine: its option --url says by which one others reach it")]
    [InlineData("http://127.0.0.1:1/", "http://127.0.0.1:8090/", true, null)]
    [InlineData("http://o1.example:1/", "https://overlords.example:8090/", true, "credentials are not sent there, since it is not encrypted")]
    [InlineData("http://o1.example:1/", "https://overlords.example:8090/", false, null)]
    [InlineData("https://o1.example:1/", "https://overlords.example:8090/", true, null)]
    public void Address_that_is_named_is_not_used_where_it_means_another_machine_or_would_show_credentials(string named, string by, bool hasCredential, string? objection) =>
        Assert.Equal(objection, Announcer.Objection(new Uri(named), new Uri(by), hasCredential));

    private Announcer NewAnnouncer() =>
        new([first.Address], AccessOptions.Off, new AnnouncingSettings("n 1", () => WorkerAnnouncement.Of(Options, "s", new Uri("http://me:8091/"), cluster), Period, AskEvery: Period, TimeProvider.System), all => known.Enqueue(string.Join(' ', all)), log);

    private static WorkerOptions Options => new() { Overlords = [], DeepStorage = "nowhere", Capacity = 3, NodeId = "n 1" };

    private string Properties() => string.Join(' ', JsonSerializer.Deserialize(first.Body, ContractsJson.Default.Announcement)!.Services.Single().Properties.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"));

    private static string Listing(params IReadOnlyList<Uri> overlords) => ThreadedServer.Json(JsonSerializer.Serialize(new ServiceListing
    {
        Environment = "production",
        Services = [.. overlords.Select(o => new ListedService { Id = o.Authority, NodeId = o.Authority, Type = AnnouncedService.OverlordType, Properties = new Dictionary<string, string> { ["http"] = o.ToString() } })],
    }, ContractsJson.Default.ServiceListing));

    private static async Task UntilAsync(Func<bool> condition) => Assert.True(await Waiting.UntilAsync(() => Task.FromResult(condition()), Bound));
}
