using Ingestion.Embedded.Chaos;

namespace Ingestion.EndToEnd;

/// <summary>A short run of what <c>bench/chaos</c> does at length.</summary>
public sealed class ChaosTests
{
    private const int Faults = 12;

    [Fact]
    public async Task Every_event_is_published_exactly_once_while_parts_die_hang_and_lose_each_other()
    {
        Assert.SkipUnless(Servers.KafkaScript is { Length: > 0 }, "needs a real Kafka broker: KAFKA_START names no script");
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CHAOS_SEED"), out var given) ? given : 1;
        var outcome = await ChaosRun.RunAsync(Path.Combine(Path.GetTempPath(), $"ingestion-chaos-{seed}-{Environment.ProcessId}"), seed, Faults, TestContext.Current.SendDiagnosticMessage);
        Assert.True(outcome.Problems.Count == 0, $"{outcome}");
        Assert.Equal(outcome.Published!.InTopic, outcome.Published.Rows);
    }
}
