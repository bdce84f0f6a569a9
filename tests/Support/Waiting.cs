namespace Ingestion.Support;

/// <summary>For what other processes or threads bring about.</summary>
public static class Waiting
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks again and again until the condition holds. False: it did not within the limit.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="limit">How long.</param>
    /// <param name="period">From one look to the next; null: 20 ms.</param>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan limit, TimeSpan? period = null)
    {
        using var patience = new CancellationTokenSource(limit);
        using var timer = new PeriodicTimer(period ?? Period);
        try
        {
            while (!await condition()) await timer.WaitForNextTickAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested) { return false; }
    }
}
