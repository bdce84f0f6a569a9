namespace Ingestion.Overlord.Leadership;

/// <summary>The caller led once, but another epoch has begun: nothing of the transaction was done.</summary>
public sealed class FencedException(long epoch, long current) : Exception($"epoch {epoch} is over: the leader's epoch is {current}")
{
    public long Epoch { get; } = epoch;

    /// <summary>The epoch found in the database.</summary>
    public long Current { get; } = current;
}
