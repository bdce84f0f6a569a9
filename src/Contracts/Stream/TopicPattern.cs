using System.Text.RegularExpressions;
using Ingestion.Contracts.Specs;

namespace Ingestion.Contracts.Stream;

/// <summary>Druid's <c>topicPattern</c>: a regular expression of Java that the whole name of a topic must match; see <see cref="JavaRegex"/> for what is refused.</summary>
internal sealed class TopicPattern
{
    private static readonly string[] KafkasOwn = ["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"];

    private readonly Regex regex;

    /// <exception cref="ArgumentException">It is none, with the reason.</exception>
    public TopicPattern(string pattern)
    {
        if (pattern.Length == 0) throw new ArgumentException("it is empty, which no topic matches");
        regex = JavaRegex.TryWhole(pattern, out var problem) ?? throw new ArgumentException(problem);
    }

    /// <summary>Kafka's own topics never match: nobody means them by <c>.*</c>, and their records are no events.</summary>
    /// <exception cref="RegexMatchTimeoutException">A pattern with look-arounds or back-references that takes longer than a second.</exception>
    public bool Matches(string topic) => !KafkasOwn.Contains(topic, StringComparer.Ordinal) && regex.IsMatch(topic);
}
