using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Status;

namespace Ingestion.Supervisor.Tests;

/// <summary>What operators see of a supervisor that waits for records; what it does is in Scenarios/idle*.txt.</summary>
public sealed class IdleTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Idle_supervisor_says_what_it_waits_for_and_keeps_its_lag_known()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(idleAfterMillis: 60_000), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 100))), [], false), Now);
        state = Step(state, Stream((0, 100)), Now);
        var status = SupervisorStatus.Of(state, Now);
        Assert.Equal(("IDLE", "IDLE", true, PartitionOffsets.Of((0, 0)), "new records: nothing has arrived since what is committed, and all is read (idleConfig: 60 s)"),
            (status.State, status.DetailedState, status.Healthy, status.MinimumLag, status.WaitingFor));

        var explained = Explaining.Of(state, PlacementView.Unknown with { Workers = 1 }, Now);
        Assert.Equal("It is idle: nothing has arrived since what is committed, and all is read (idleConfig: 60 s). Tasks are started when something arrives", explained.Summary);
        Assert.Equal([new ExplainedPartition(0, null, 100, 100, 0, 100, "new records: the supervisor is idle")], explained.Partitions);
        Assert.Equal([], explained.Warnings);

        state = Step(state, Stream((0, 103)), Now + TimeSpan.FromSeconds(30));
        Assert.Equal(("RUNNING", PartitionOffsets.Of((0, 3))), (SupervisorStatus.Of(state, Now).State, SupervisorStatus.Of(state, Now).MinimumLag));
    }

    [Fact]
    public void Idle_since_a_time_names_it()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(idleAfterMillis: 60_000, useEarliestOffset: false), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 100))), [], false), Now);
        state = Step(Step(state, Stream((0, 105)), Now), new Notice.OffsetsCommitted(KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 105)))), Now);
        state = Step(state, Stream((0, 105)), Now + TimeSpan.FromSeconds(61));
        Assert.StartsWith("It is idle: nothing has arrived since 2026-01-01 00:00:00, ", Explaining.Of(state, PlacementView.Unknown, Now).Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", null)]
    [InlineData("{\"enabled\":false,\"inactiveAfterMillis\":5}", null)]
    [InlineData("{\"enabled\":true}", 600_000)]
    [InlineData("{\"enabled\":true,\"inactiveAfterMillis\":5}", 5)]
    public void Idle_config_is_read_with_druids_default(string config, int? millis) => Assert.Equal(millis, Reading(config).Spec!.IoConfig.IdleAfter?.TotalMilliseconds);

    [Fact]
    public void Idle_after_no_time_is_refused() => Assert.Equal(["$.spec.ioConfig.idleConfig.inactiveAfterMillis"], Reading("{\"inactiveAfterMillis\":0}").Problems.Select(p => p.Path));

    private static SpecReading Reading(string config)
    {
        var spec = JsonNode.Parse(Specs.Of().Json)!;
        spec["spec"]!["ioConfig"]!["idleConfig"] = JsonNode.Parse(config);
        return SupervisorSpec.Read(spec.ToJsonString());
    }

    private static Notice.StreamObserved Stream(params (int Partition, long Latest)[] ranges) => new(ranges.ToImmutableSortedDictionary(r => new StreamPartition(r.Partition), r => new OffsetRange(0, r.Latest)));
    private static SupervisorState Step(SupervisorState state, Notice notice, DateTimeOffset now) => SupervisorMachine.Step(state, notice, now).State;
}
