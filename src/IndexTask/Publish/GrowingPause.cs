namespace Ingestion.IndexTask.Publish;

/// <summary>Pauses between attempts: each twice as long as the one before, up to a longest.</summary>
internal struct GrowingPause(TimeSpan first, TimeSpan longest)
{
    private TimeSpan next = first;

    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public Task WaitAsync(CancellationToken cancellation)
    {
        var pause = next;
        next = next * 2 < longest ? next * 2 : longest;
        return Task.Delay(pause, cancellation);
    }
}
