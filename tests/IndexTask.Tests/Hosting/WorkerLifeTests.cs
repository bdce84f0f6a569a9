using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class WorkerLifeTests : WorkerFixture
{
    private static readonly string Objection = $"version: the leader speaks protocol [9] (release 9.9.9), this worker protocol [{WireProtocol.Current}] (release {WireProtocol.Release})";

    [Fact]
    public async Task Worker_is_INACTIVE_as_long_as_its_leader_speaks_another_protocol()
    {
        Assert.Equal((200, "\"ACTIVE\""), await Send(HttpMethod.Get, "/v1/info/state"));
        await Send(HttpMethod.Get, "/druid-internal/v1/worker/tasks", null, (CommandHeaders.Epoch, "5"), (CommandHeaders.Cluster, "one"), (CommandHeaders.Protocol, "9/9.9.9"));
        Assert.Equal((200, "\"INACTIVE\""), await Send(HttpMethod.Get, "/v1/info/state"));
        Assert.Equal((LifeState.Inactive, "one"), await StateAsync());
        await Send(HttpMethod.Get, "/druid-internal/v1/worker/tasks", null, (CommandHeaders.Epoch, "4"), (CommandHeaders.Cluster, "one"), (CommandHeaders.Protocol, WireProtocol.Header)); // its epoch is over: nobody listens to it
        Assert.Equal((LifeState.Inactive, "one"), await StateAsync());
        await Send(HttpMethod.Get, "/druid-internal/v1/worker/tasks", null, (CommandHeaders.Epoch, "6"), (CommandHeaders.Cluster, "one"), (CommandHeaders.Protocol, WireProtocol.Header));
        Assert.Equal((LifeState.Active, "one"), await StateAsync());
    }

    [Fact]
    public async Task Worker_says_what_it_is_as_Presto_does()
    {
        await Send(HttpMethod.Get, "/druid-internal/v1/worker/tasks", null, (CommandHeaders.Epoch, "5"), (CommandHeaders.Cluster, "one"));
        var info = Json((await Send(HttpMethod.Get, "/v1/info")).Body);
        string? Text(string name) => info.GetProperty(name).GetString();
        Assert.Equal(("node-1", "production", "ACTIVE", "one", WireProtocol.Release, false), (Text("nodeId"), Text("environment"), Text("state"), Text("clusterId"), info.GetProperty("nodeVersion").GetProperty("version").GetString(), info.GetProperty("coordinator").GetBoolean()));
        Assert.Matches(@"^\d+\.\d\d(ms|s|m)$", Text("uptime"));
    }

    [Fact]
    public void State_tells_what_weighs_most_and_changes_are_told_once()
    {
        var (life, changes) = (new WorkerLife(), new List<LifeState>());
        life.Changed += () => changes.Add(life.State);
        life.Incompatibility = Objection;
        life.Incompatibility = "another one";
        life.IsShuttingDown = true;
        life.Incompatibility = null;
        life.IsShuttingDown = false;
        Assert.Equal([LifeState.Inactive, LifeState.ShuttingDown, LifeState.Active], changes);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1/0.9.0")]
    public void Leader_of_the_first_protocol_is_understood_whatever_its_release(string? header) => Assert.Null(WireProtocol.ObjectionToLeader(header));

    [Fact]
    public void Leader_of_another_protocol_is_named_with_both_versions() => Assert.Equal(Objection, WireProtocol.ObjectionToLeader("9/9.9.9"));

    [Theory]
    [InlineData(0, "0.00ms")]
    [InlineData(12, "12.00ms")]
    [InlineData(1_500, "1.50s")]
    [InlineData(312_600, "5.21m")]
    [InlineData(90_720_000, "1.05d")]
    public void Uptime_is_written_as_airlift_writes_durations(long millis, string text) => Assert.Equal(text, ProcessStatus.Duration(TimeSpan.FromMilliseconds(millis)));

    private async Task<(LifeState, string?)> StateAsync()
    {
        var state = await State("");
        return (state.State, state.Cluster);
    }
}
