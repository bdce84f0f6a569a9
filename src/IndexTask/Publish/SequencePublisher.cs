using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Publish;

/// <summary>
/// Publishes the sequences of one task: write the segments to deep storage, then ask the overlord for the one transaction that adds their
/// rows and moves the committed offsets. Whatever may pass with time is tried again for as long as the task lives.
/// </summary>
public sealed class SequencePublisher(IndexTaskPayload task, TaskActions actions, IDeepStorage storage, IndexSpec indexSpec, Action<string?> pushTrouble, Action<string?> commitTrouble, ILogger logger)
{
    /// <summary>Writes segments to deep storage; those without rows are left out.</summary>
    public async Task<IReadOnlyList<DataSegment>> Push(IReadOnlyList<OpenSegment> segments, CancellationToken cancellation)
    {
        var pushed = new List<DataSegment>();
        foreach (var segment in segments)
        {
            if (segment.Sink.RowCount == 0) continue;
            var retries = new Retries(task.Id, segment.Id.Id, pushTrouble, logger);
            pushed.Add(await storage.PushAsync(segment.Id, () => segment.Sink.ToContent(indexSpec, cancellation), retries, cancellation));
        }
        return pushed;
    }

    /// <summary>Commits a sequence whose predecessors are committed, with what was pushed of it.</summary>
    /// <exception cref="PublishFailedException">The offsets committed are not those that the sequence starts at; the task must end.</exception>
    public async Task Commit(ReadSequence sequence, IReadOnlyList<DataSegment> pushed, CancellationToken cancellation)
    {
        if (sequence.IsEmpty) return;
        var insert = new TaskAction.SegmentTransactionalInsert
        {
            Segments = pushed,
            SupervisorId = task.Supervisor,
            DataSource = task.DataSource,
            StartMetadata = KafkaDataSourceMetadata.StartOf(task.IoConfig.StartSequenceNumbers.Name, sequence.Start),
            EndMetadata = KafkaDataSourceMetadata.EndOf(task.IoConfig.StartSequenceNumbers.Name, sequence.End),
        };
        var result = await Insert(sequence, insert, cancellation);
        if (result.Success) PublishLog.Published(logger, task.Id, sequence.Name, pushed.Count, pushed.Sum(p => p.Size));
        else await Settle(sequence, pushed, result.ErrorMsg, cancellation);
    }

    // Retryable: a predecessor is publishing still.
    private async Task<SegmentPublishResult> Insert(ReadSequence sequence, TaskAction.SegmentTransactionalInsert insert, CancellationToken cancellation)
    {
        var pause = new GrowingPause(Retries.FirstPause, Retries.LongestPause);
        for (var attempt = 0; ; attempt++)
        {
            var result = await actions.Insert(insert, cancellation);
            if (result.Success || !result.Retryable) { commitTrouble(null); return result; }
            if (attempt % 10 == 0) PublishLog.PublishWaits(logger, task.Id, sequence.Name, result.ErrorMsg);
            commitTrouble(result.ErrorMsg);
            await pause.WaitAsync(cancellation);
        }
    }

    // A replica may have published the same segments (or this task itself, and the answer was lost): then all is well. Where only some
    // are published, nothing is deleted.
    private async Task Settle(ReadSequence sequence, IReadOnlyList<DataSegment> ours, string? problem, CancellationToken cancellation)
    {
        var published = ours.Count == 0 ? [] : await actions.Retrieve(task.DataSource, [.. ours.Select(s => s.Identifier)], cancellation);
        var byId = published.ToLookup(s => s.Identifier);
        var found = ours.Count(s => byId.Contains(s.Identifier));
        if (found == 0)
        {
            foreach (var segment in ours) await storage.DeleteAsync(segment, cancellation);
            throw new PublishFailedException($"Failed to publish sequence [{sequence.Name}]: {problem}");
        }
        if (found < ours.Count) throw new PublishFailedException($"Failed to publish sequence [{sequence.Name}]: only {found} of {ours.Count} segments are published: {problem}");
        foreach (var segment in ours)
            if (!byId[segment.Identifier].Any(segment.IsStoredAs)) await storage.DeleteAsync(segment, cancellation);
        PublishLog.PublishedByReplica(logger, task.Id, sequence.Name);
    }
}
