using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Tests.Metadata;

namespace Ingestion.Overlord.Tests.Discovery;

public sealed class AnnouncementRegistryTests : IDisposable
{
    private const string Server = "http://discovery:8411/";
    private readonly HandClock clock = new();
    private readonly AnnouncementRegistry registry;
    private readonly List<string> heard = [];

    public AnnouncementRegistryTests()
    {
        registry = new AnnouncementRegistry(clock, "test");
        registry.Announced += (node, _) => heard.Add($"{node} is there");
        registry.Withdrawn += node => heard.Add($"{node} is gone");
    }

    public void Dispose() => registry.Dispose();

    [Fact]
    public void Announcement_lives_for_30_s_and_is_remembered_for_ten_minutes_with_its_age_and_address()
    {
        Assert.Null(registry.Put("a", Worker("a"), "10.0.0.7"));
        clock.Run(TimeSpan.FromSeconds(29));
        Assert.Null(registry.Put("b", Worker("b"), "10.0.0.8"));
        clock.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(["b"], registry.Live().Select(n => n.NodeId));
        Assert.Equal(["a Expired: announcement expired, last PUT 34 s ago from 10.0.0.7", "b Live: "], Nodes());
        Assert.Equal([MetadataWorld.Noon, MetadataWorld.Noon + TimeSpan.FromSeconds(29)], registry.Nodes().Select(n => n.HeardAt));
        clock.Run(TimeSpan.FromMinutes(10));
        Assert.Equal(["b Expired: announcement expired, last PUT 605 s ago from 10.0.0.8"], Nodes());
        Assert.Equal(["a is there", "b is there"], heard);
    }

    [Fact]
    public void Announcement_that_is_taken_back_is_gone_at_once()
    {
        registry.Put("a", Worker("a"), "10.0.0.7");
        registry.Remove("a");
        registry.Remove("a");
        Assert.Empty(registry.Live());
        Assert.Equal(["a Withdrawn: announcement withdrawn: it took its announcement back, last heard of 0 s ago from 10.0.0.7"], Nodes());
        Assert.Equal(["a is there", "a is gone"], heard);
    }

    [Fact]
    public void Pause_of_this_process_makes_no_announcement_run_out_that_is_renewed_afterwards()
    {
        registry.Put("renewed", Worker("renewed"), "10.0.0.7");
        registry.Put("dead", Worker("dead"), "10.0.0.8");
        clock.Run(TimeSpan.FromSeconds(5));
        clock.Stop(TimeSpan.FromMinutes(1));
        Assert.Equal(["dead", "renewed"], registry.Live().Select(n => n.NodeId));
        clock.Run(TimeSpan.FromSeconds(8));
        registry.Put("renewed", Worker("renewed"), "10.0.0.7");
        clock.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(["dead Expired: announcement expired, last PUT 78 s ago from 10.0.0.8", "renewed Live: "], Nodes());
    }

    [Fact]
    public void What_a_server_lists_stays_until_it_lists_something_else()
    {
        registry.List(Server, [Worker("a"), Worker("b")]);
        clock.Run(TimeSpan.FromHours(1));
        Assert.Equal(["a", "b"], registry.Live().Select(n => n.NodeId));
        registry.List(Server, [Worker("b")]);
        Assert.Equal([$"a Withdrawn: announcement withdrawn: {Server} no longer lists it, last heard of 3600 s ago from {Server}", "b Live: "], Nodes());
        Assert.Equal(["a is there", "b is there", "b is there", "a is gone"], heard);
    }

    [Fact]
    public void Server_that_is_back_with_an_empty_memory_empties_nothing_until_all_have_had_time_to_announce_themselves()
    {
        void List(params IReadOnlyList<Announcement> listed) => registry.List(Server, listed, AnnouncementRegistry.MaxAge);
        List(Worker("a"), Worker("b"));
        clock.Run(TimeSpan.FromMinutes(5)); // it is away
        List();
        clock.Run(TimeSpan.FromSeconds(20));
        List(Worker("b"));
        clock.Run(TimeSpan.FromSeconds(9));
        List(Worker("b"));
        Assert.Equal(["a Live: ", "b Live: "], Nodes());
        clock.Run(TimeSpan.FromSeconds(1));
        List(); // b has 30 s of its own
        Assert.Equal([$"a Withdrawn: announcement withdrawn: {Server} no longer lists it, last heard of 330 s ago from {Server}", "b Live: "], Nodes());
        Assert.Equal(["a is there", "b is there", "b is there", "b is there", "a is gone"], heard);
    }

    [Fact]
    public void Node_that_has_taken_its_announcement_back_here_is_gone_as_soon_as_the_server_does_not_list_it()
    {
        registry.Put("a", Worker("a"), "10.0.0.7");
        registry.List(Server, [Worker("a")], AnnouncementRegistry.MaxAge);
        registry.Remove("a");
        registry.List(Server, [], AnnouncementRegistry.MaxAge);
        Assert.Equal(["a Withdrawn: announcement withdrawn: it took its announcement back, last heard of 0 s ago from 10.0.0.7"], Nodes());
    }

    [Fact]
    public void Node_that_is_listed_with_another_cluster_is_gone_at_once_and_known_as_refused()
    {
        registry.ClusterId = "one";
        registry.List(Server, [Worker("a")], AnnouncementRegistry.MaxAge);
        registry.List(Server, [Worker("a", (AnnouncedService.ClusterId, "two"))], AnnouncementRegistry.MaxAge);
        Assert.Equal([$"a Refused: wrong cluster (Cluster mismatch. Expected: one, Provided: two), last PUT 0 s ago from {Server}"], Nodes());
        Assert.Equal(["a is there", "a is gone"], heard);
    }

    [Fact]
    public void Node_that_announces_itself_here_counts_by_that_whatever_a_server_lists()
    {
        registry.List(Server, [Worker("a")]);
        registry.Put("a", Worker("a", ("capacity", "7")), "10.0.0.7");
        registry.List(Server, []);
        Assert.Equal(("10.0.0.7", "7"), (registry.Nodes().Single().From, registry.Live().Single().Services[0].Properties["capacity"]));
        Assert.Equal(["a is there", "a is there"], heard);
    }

    [Fact]
    public void Other_environment_or_cluster_is_refused_with_both_names_and_remembered()
    {
        registry.ClusterId = "one";
        Assert.Equal("Environment mismatch. Expected: test, Provided: prod", registry.Put("a", Worker("a") with { Environment = "prod" }, "10.0.0.7"));
        Assert.Equal("Cluster mismatch. Expected: one, Provided: two", registry.Put("b", Worker("b", (AnnouncedService.ClusterId, "two")), "10.0.0.8"));
        Assert.Null(registry.Put("c", Worker("c", (AnnouncedService.ClusterId, "one")), "10.0.0.9"));
        registry.List(Server, [Worker("d", (AnnouncedService.ClusterId, "two"))]);
        Assert.Equal(
        [
            "a Refused: wrong environment (Environment mismatch. Expected: test, Provided: prod), last PUT 0 s ago from 10.0.0.7",
            "b Refused: wrong cluster (Cluster mismatch. Expected: one, Provided: two), last PUT 0 s ago from 10.0.0.8",
            "c Live: ",
            $"d Refused: wrong cluster (Cluster mismatch. Expected: one, Provided: two), last PUT 0 s ago from {Server}",
        ], Nodes());
    }

    [Fact]
    public void Worker_of_another_protocol_is_taken_and_cannot_be_given_tasks()
    {
        registry.Put("a", Worker("a", (AnnouncedService.Protocol, "99"), (AnnouncedService.NodeVersion, "7.0.0")), "10.0.0.7");
        registry.Put("b", Worker("b", (AnnouncedService.Protocol, "1")), "10.0.0.7");
        Assert.Equal([$"a Live: version: the worker speaks protocol [99] (release 7.0.0), this overlord protocol [{WireProtocol.Current}] (release {WireProtocol.Release})", "b Live: "], Nodes());
    }

    private IEnumerable<string> Nodes() => registry.Nodes().Select(n => $"{n.NodeId} {n.Standing}: {n.Objection}");

    private static Announcement Worker(string nodeId, params (string Name, string Value)[] properties) => new()
    {
        Environment = "test", NodeId = nodeId,
        Services = [new AnnouncedService { Id = nodeId, Type = AnnouncedService.WorkerType, Properties = properties.ToDictionary(p => p.Name, p => p.Value) }],
    };

    /// <summary>Time that the test moves.</summary>
    private sealed class HandClock : TimeProvider
    {
        private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
        private TimeSpan now;
        private Action? tick;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => now.Ticks;
        public override DateTimeOffset GetUtcNow() => MetadataWorld.Noon + now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            tick = () => callback(state);
            return new Handle();
        }

        /// <summary>Timers have their turn each second.</summary>
        public void Run(TimeSpan time)
        {
            for (var left = time; left > TimeSpan.Zero; left -= Step)
            {
                now += Step;
                tick?.Invoke();
            }
        }

        /// <summary>Nothing of this process has a turn.</summary>
        public void Stop(TimeSpan time) => now += time;

        private sealed class Handle : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;
            public void Dispose() { }
            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
