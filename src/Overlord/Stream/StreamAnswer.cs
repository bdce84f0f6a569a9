using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Stream;

/// <summary>A stream's partitions with their offsets.</summary>
/// <param name="AsOf">When Kafka was asked: what it held then or later.</param>
internal sealed record StreamAnswer(ImmutableSortedDictionary<StreamPartition, OffsetRange> Partitions, DateTimeOffset AsOf);
