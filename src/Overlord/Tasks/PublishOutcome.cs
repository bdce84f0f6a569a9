using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>How a publish ended.</summary>
/// <param name="Committed">The supervisor's committed offsets afterwards; null where nothing was committed, or no offsets were part of it.</param>
internal sealed record PublishOutcome(SegmentPublishResult Result, string SupervisorId, KafkaDataSourceMetadata? Committed)
{
    public static PublishOutcome Refused(string supervisorId, bool retryable, string message) =>
        new(new SegmentPublishResult { Segments = [], Success = false, Retryable = retryable, ErrorMsg = message }, supervisorId, null);
}
