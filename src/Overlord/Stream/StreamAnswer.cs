using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Stream;

/// <summary>A stream's partitions with their offsets.</summary>
/// <param name="AsOf">When Kafka was asked, as <see cref="TimeProvider.GetTimestamp"/>: what it held then or later. No time of day, which may be set back.</param>
internal sealed record StreamAnswer(ImmutableSortedDictionary<StreamPartition, OffsetRange> Partitions, long AsOf);
