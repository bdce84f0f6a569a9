using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>How a publish ended.</summary>
/// <param name="Committed">The supervisor's committed offsets afterwards, whoever committed them: a refusal tells what its supervisor has missed. Null where there are none,
/// where they were not looked at, or where no offsets were part of the publish.</param>
internal sealed record PublishOutcome(SegmentPublishResult Result, string SupervisorId, KafkaDataSourceMetadata? Committed)
{
    public static PublishOutcome Refused(string supervisorId, bool retryable, string message, KafkaDataSourceMetadata? committed) =>
        new(new SegmentPublishResult { Segments = [], Success = false, Retryable = retryable, ErrorMsg = message }, supervisorId, committed);
}
