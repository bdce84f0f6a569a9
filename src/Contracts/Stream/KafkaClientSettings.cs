using System.Collections.Immutable;

namespace Ingestion.Contracts.Stream;

/// <summary>What <c>consumerProperties</c> come to for librdkafka.</summary>
/// <param name="Properties">To be given to librdkafka, secrets included: for no log and no answer.</param>
/// <param name="Dropped">Left out without harm, and why.</param>
/// <param name="Refused">What cannot be done as written, and what to write instead. A reason names no value but file names and classes.</param>
public sealed record KafkaClientSettings(ImmutableSortedDictionary<string, string> Properties, ImmutableArray<(string Name, string Reason)> Dropped, ImmutableArray<(string Name, string Reason)> Refused);
