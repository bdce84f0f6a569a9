using Ingestion.Overlord.Hosting;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Tests.Hosting;

public sealed class WarmUpTests
{
    [Fact]
    public async Task A_supervisor_lives_from_its_spec_through_a_rollover() => Assert.Equal(
        [nameof(Effect.ObserveStream), nameof(Effect.StartTask), nameof(Effect.PauseTask), nameof(Effect.ObserveStream), nameof(Effect.SetEndOffsets), nameof(Effect.StartTask)],
        (await WarmUp.RunAsync()).Select(e => e.GetType().Name));
}
