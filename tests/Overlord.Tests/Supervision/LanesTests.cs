using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Tests.Supervision;

public sealed class LanesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Work_of_one_key_is_done_in_order_that_of_others_meanwhile_and_nothing_is_left()
    {
        var lanes = new Lanes();
        var (release, done, other) = (new TaskCompletionSource(), Signal(), Signal());
        var order = new List<int>();
        lanes.Run("a", async () => { await release.Task; order.Add(1); });
        lanes.Run("a", () => { order.Add(2); return Task.CompletedTask; });
        lanes.Run("a", () => { order.Add(3); done.SetResult(); return Task.CompletedTask; });
        lanes.Run("b", () => { other.SetResult(); return Task.CompletedTask; });
        await other.Task.WaitAsync(Limit);
        Assert.Empty(order);
        release.SetResult();
        await done.Task.WaitAsync(Limit);
        Assert.Equal([1, 2, 3], order);
        Assert.True(SpinWait.SpinUntil(() => lanes.Count == 0, Limit), $"{lanes.Count} lanes are left");
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
