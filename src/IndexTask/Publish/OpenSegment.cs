using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Publish;

/// <summary>A segment that rows are being added to, or that waits for its publish.</summary>
public sealed record OpenSegment(int SequenceId, SegmentIdWithShardSpec Id, Sink Sink);
