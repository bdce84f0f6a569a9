using System.Globalization;

namespace Ingestion.Contracts.Stream;

/// <summary>A Kafka partition as Druid keys it in JSON: <c>"3"</c> for the one topic of a supervisor, <c>"topic:3"</c> where it reads
/// several (topicPattern). Ordered by topic, then by number.</summary>
public readonly record struct StreamPartition(string? Topic, int Number) : IComparable<StreamPartition>
{
    public StreamPartition(int number) : this(null, number) { }

    public static implicit operator StreamPartition(int number) => new(number);

    /// <summary>The task group, below <paramref name="taskCount"/>, that reads the partition: Druid's rule, with Java's <c>String.hashCode</c> of the topic where it is named.</summary>
    public int GroupOf(int taskCount)
    {
        if (Topic is null) return Number % taskCount;
        var hash = 0;
        foreach (var character in Topic) hash = unchecked((31 * hash) + character);
        return (int)(Math.Abs((long)unchecked((31 * hash) + Number)) % taskCount);
    }

    public int CompareTo(StreamPartition other)
    {
        var byTopic = string.CompareOrdinal(Topic, other.Topic);
        return byTopic != 0 ? byTopic : Number.CompareTo(other.Number);
    }

    public static bool TryParse(string text, out StreamPartition partition)
    {
        var colon = text.LastIndexOf(':');
        var parsed = int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        partition = new StreamPartition(colon < 0 ? null : text[..colon], number);
        return parsed;
    }

    public override string ToString() => Topic is null ? Number.ToString(CultureInfo.InvariantCulture) : $"{Topic}:{Number}";
}
