using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>The sequences of a task on their way out. Each is pushed at once, one after the other, so that a publish that has to wait holds no rows in memory; they are committed in order.</summary>
/// <param name="mailbox">The task's: the callbacks come through it.</param>
/// <param name="published">Told of each sequence that is committed, with the number of its segments.</param>
/// <param name="failed">Told why one could not be, and then of those behind it.</param>
internal sealed class PublishChain(SequencePublisher publisher, SinkMemory memory, Mailbox mailbox, Action<ReadSequence, int> published, Action<Exception> failed, CancellationToken cancellation)
{
    private Task<bool> pushing = Task.FromResult(true);

    /// <summary>Over with the last of them; faulted where it failed.</summary>
    public Task All { get; private set; } = Task.CompletedTask;

    /// <summary>Sequences with rows that are not in deep storage yet.</summary>
    public int Unpushed { get; private set; }

    /// <param name="sequence">Read to its end.</param>
    /// <param name="segments">With its rows.</param>
    /// <param name="quiet">Nothing is written before it is over.</param>
    public void Add(ReadSequence sequence, IReadOnlyList<OpenSegment> segments, Task quiet)
    {
        var pushed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (segments.Count > 0) Unpushed++;
        All = PublishAfter(pushing, All, quiet, sequence, segments, memory.HandOver(segments), pushed);
        pushing = pushed.Task;
    }

    private async Task PublishAfter(Task<bool> pushedBefore, Task before, Task quiet, ReadSequence sequence, IReadOnlyList<OpenSegment> segments, long bytes, TaskCompletionSource<bool> pushed)
    {
        try
        {
            await pushedBefore;
            await quiet;
            var push = await memory.WriteAsync(segments, bytes, () => publisher.Push(segments, cancellation));
            pushed.SetResult(true);
            if (segments.Count > 0) mailbox.Post(() => Unpushed--);
            await before;
            await publisher.Commit(sequence, push, cancellation);
            mailbox.Post(() => published(sequence, push.Count));
        }
        catch (Exception problem)
        {
            mailbox.Post(() => failed(problem));
            pushed.TrySetCanceled(); // the next one posts only that it was cancelled, so after this one's reason
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the last one ends after all others
            throw;
        }
    }
}
