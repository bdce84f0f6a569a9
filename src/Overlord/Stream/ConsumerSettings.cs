using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;

namespace Ingestion.Overlord.Stream;

/// <summary>A spec's <c>consumerProperties</c> for the overlord's own clients, and what librdkafka says of them before there is one.</summary>
internal static class ConsumerSettings
{
    /// <exception cref="InvalidOperationException">One cannot be translated, or needs an environment variable that is not set on this machine.</exception>
    public static ImmutableSortedDictionary<string, string> For(ImmutableSortedDictionary<string, string> consumerProperties)
    {
        var (properties, _, refused) = KafkaClientProperties.ForLibrdkafka(consumerProperties, Environment.GetEnvironmentVariable);
        if (refused.Length > 0) throw new InvalidOperationException(string.Join("; ", refused.Select(r => $"consumerProperties.{r.Name}: {r.Reason}")));
        return ConsumerPropertyCheck.Of(properties).Taken; // like Kafka's Java client, it ignores names that nobody knows
    }

    /// <summary>Values that librdkafka refuses. What comes from environment variables is not looked at.</summary>
    public static IReadOnlyList<SpecProblem> Problems(ImmutableSortedDictionary<string, string> given) =>
        [.. ConsumerPropertyCheck.Of(KafkaClientProperties.ForLibrdkafka(given, variable: null).Properties).Refused
            .Select(r => new SpecProblem($"$.spec.ioConfig.consumerProperties.{(given.ContainsKey(r.Name) ? r.Name : KafkaClientProperties.GivenAs(r.Name))}", r.Reason))];
}
