using Ingestion.Overlord.ZooKeeper;

namespace Ingestion.Overlord.Leadership;

/// <summary>A term that lasts as long as the latch's node is ours and the database's lease too. The ensemble is asked for the node again and again: when it has not answered for most of the session's timeout,
/// after which it could give the node away, the term is over. A lost member, or a new leader among the members, is not noticed as long as that takes less.</summary>
internal sealed class ZooKeeperTerm : ILeaderTerm
{
    private const int AsksPerTimeout = 6;
    private const double Acting = 0.8; // of the timeout; the rest is for what is under way

    private readonly ZooKeeperSession session;
    private readonly LeaderLatch latch;
    private readonly ILeaderTerm fence;
    private readonly ActingTime held = new();
    private readonly CancellationTokenSource lost;
    private readonly Task asking;

    /// <param name="fence">The term in the database.</param>
    /// <param name="heldAt">When the ensemble was asked for the node last, by <see cref="ActingTime.Now"/>.</param>
    public ZooKeeperTerm(ZooKeeperSession session, LeaderLatch latch, ILeaderTerm fence, long heldAt)
    {
        (this.session, this.latch, this.fence) = (session, latch, fence);
        lost = CancellationTokenSource.CreateLinkedTokenSource(held.Over, fence.Lost, session.Expired);
        Lost = lost.Token;
        held.Extend(heldAt, session.Timeout * Acting);
        asking = Task.Run(AskAsync);
    }

    public long Epoch => fence.Epoch;
    public CancellationToken Lost { get; }
    public TimeSpan Left => held.Left < fence.Left ? held.Left : fence.Left;

    public async ValueTask DisposeAsync()
    {
        await held.EndAsync();
        await asking;
        await fence.DisposeAsync();
        await session.DisposeAsync(); // frees the latch
        lost.Dispose();
        held.Dispose();
    }

    private async Task AskAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(session.Timeout / AsksPerTimeout, Lost);
                var askedAt = ActingTime.Now;
                if (!await session.UntilAnsweredAsync(latch.HoldsAsync, Lost)) break;
                held.Extend(askedAt, session.Timeout * Acting);
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over, or the other half of the term is: Lost says so already.
        }
        catch (ZooKeeperException)
        {
            // The session is over, and the node with it.
        }
        await held.EndAsync();
    }
}
