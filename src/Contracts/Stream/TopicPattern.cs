using System.Text.RegularExpressions;

namespace Ingestion.Contracts.Stream;

/// <summary>Druid's <c>topicPattern</c>: a regular expression of Java (<c>java.util.regex.Pattern</c>) that the whole name of a topic must match. What
/// Java and .NET write alike is understood; what .NET would read as something else, or not at all, is refused.</summary>
internal sealed class TopicPattern
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);
    private static readonly string[] KafkasOwn = ["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"];

    private readonly Regex regex;

    /// <exception cref="ArgumentException">It is none, with the reason.</exception>
    public TopicPattern(string pattern)
    {
        if (Untranslatable(pattern) is { } problem) throw new ArgumentException(problem);
        _ = new Regex(pattern); // alone first: what is wrong with it must not be hidden, or mended, by what is put around it
        var whole = $@"\A(?:{pattern})\z";
        try { regex = new Regex(whole, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking); }
        catch (NotSupportedException) { regex = new Regex(whole, RegexOptions.CultureInvariant, MatchTimeout); } // look-arounds and back-references
    }

    /// <summary>Kafka's own topics never match: nobody means them by <c>.*</c>, and their records are no events.</summary>
    /// <exception cref="RegexMatchTimeoutException">A pattern with look-arounds or back-references that takes longer than a second.</exception>
    public bool Matches(string topic) => !KafkasOwn.Contains(topic, StringComparer.Ordinal) && regex.IsMatch(topic);

    /// <summary>Intersections (<c>[a-z&amp;&amp;[^b]]</c>) and unions (<c>[a[b]]</c>) of character classes mean something else in .NET, which would say nothing; comments would
    /// hide what is put around the pattern.</summary>
    private static string? Untranslatable(string pattern)
    {
        if (pattern.Length == 0) return "it is empty, which no topic matches";
        var isInClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\') { i++; continue; }
            if (!isInClass && pattern.AsSpan(i) is ['(', '?', .. var option] && option.IndexOfAnyExceptInRange('a', 'z') is var end and >= 0 && option[..end].Contains('x')) return "the flag x (comments) is not supported";
            if (!isInClass) { isInClass = pattern[i] == '['; if (isInClass && pattern.AsSpan(i + 1) is ['^', ..]) i++; continue; }
            if (pattern[i] == '[') return $"a character class within another one, at index {i}, is not supported";
            if (pattern.AsSpan(i) is ['&', '&', ..]) return $"an intersection of character classes, at index {i}, is not supported";
            if (pattern[i] == ']') isInClass = false;
        }
        return null;
    }
}
