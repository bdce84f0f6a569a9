using Ingestion.Contracts.Stream;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class SourceStreamTests
{
    private static readonly StreamPartition A0 = new("wiki_a", 0), B0 = new("wiki_b", 0), C0 = new("clicks", 0);

    [Theory]
    [InlineData("wiki.*", "wiki", true)]
    [InlineData("wiki.*", "my_wiki", false)]
    [InlineData("a|ab", "ab", true)]
    [InlineData("a|ab", "abc", false)]
    [InlineData("(?!test).*", "wiki", true)]
    [InlineData("(?!test).*", "test_1", false)]
    [InlineData("(wiki)_\\1", "wiki_wiki", true)]
    [InlineData("(?i)WIKI[^x&]", "wiki1", true)]
    [InlineData(".*", "__consumer_offsets", false)]
    [InlineData(".*", "__mine", true)]
    public void Pattern_is_matched_by_whole_names(string pattern, string topic, bool matches) => Assert.Equal(matches, new SourceStream(pattern, isPattern: true).Covers(topic));

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("[", "")]
    [InlineData("a)|(b", "")]
    [InlineData("[a-z&&[^b]]", "an intersection of character classes, at index 4,")]
    [InlineData("[a[bc]]", "a character class within another one, at index 2,")]
    [InlineData("(?x)a # b", "the flag x")]
    [InlineData("\\Qwiki\\E", "\\Q")]
    [InlineData("a++", "Nested quantifier")]
    public void Pattern_that_is_none_or_means_something_else_in_java_is_refused(string pattern, string problem) =>
        Assert.Contains(problem, SourceStream.PatternProblem(pattern), StringComparison.Ordinal);

    [Theory]
    [InlineData(null, 7, 5, 2)]
    [InlineData("wiki_a", 0, 2, 0)]
    [InlineData("wiki_a", 1, 2, 1)]
    [InlineData("wiki_b", 0, 2, 1)]
    [InlineData("clicks.eu-1", 7, 5, 2)]
    [InlineData("clicks.eu-1", 8, 5, 1)]
    public void Partitions_are_shared_out_as_druid_does_it(string? topic, int number, int taskCount, int group) => Assert.Equal(group, new StreamPartition(topic, number).GroupOf(taskCount));

    [Fact]
    public void Offsets_of_a_topic_are_those_of_a_pattern_that_it_matches_and_back()
    {
        var (topic, pattern) = (new SourceStream("wiki_a", isPattern: false), new SourceStream("wiki.*", isPattern: true));
        var (single, several) = (KafkaDataSourceMetadata.EndOf("wiki_a", PartitionOffsets.Of((0, 5))), KafkaDataSourceMetadata.EndOf("wiki.*", PartitionOffsets.Of((A0, 5), (B0, 6))));
        Assert.Equal(PartitionOffsets.Of((A0, 5)), pattern.OffsetsOf(single));
        Assert.Equal(PartitionOffsets.Of((0, 5)), topic.OffsetsOf(several));
        Assert.Equal((PartitionOffsets.Of((B0, 6)), PartitionOffsets.Empty), (new SourceStream(".*b", isPattern: true).OffsetsOf(several), new SourceStream(".*b", isPattern: true).OffsetsOf(single)));
        Assert.Equal(PartitionOffsets.Empty, new SourceStream("wiki", isPattern: false).OffsetsOf(single));
        Assert.Equal(PartitionOffsets.Of((0, 7)), new SourceStream("odd", isPattern: false).OffsetsOf(KafkaDataSourceMetadata.EndOf("odd", PartitionOffsets.Of((new StreamPartition("odd", 0), 7)))));
    }

    [Fact]
    public void Commit_keeps_the_offsets_of_topics_that_are_not_read_any_more()
    {
        var stored = KafkaDataSourceMetadata.EndOf(".*", PartitionOffsets.Of((A0, 5), (C0, 6)));
        Assert.Equal(KafkaDataSourceMetadata.EndOf(".*", PartitionOffsets.Of((A0, 9), (C0, 6))), new SourceStream("wiki_a", isPattern: false).Plus(stored, PartitionOffsets.Of((0, 9))));
        Assert.Equal(KafkaDataSourceMetadata.EndOf("wiki.*", PartitionOffsets.Of((A0, 5), (B0, 9), (C0, 6))), new SourceStream("wiki.*", isPattern: true).Plus(stored, PartitionOffsets.Of((B0, 9))));
    }

    [Fact]
    public void Commit_of_a_pattern_takes_the_offsets_of_a_topic_along()
    {
        var stored = KafkaDataSourceMetadata.EndOf("wiki_a", PartitionOffsets.Of((0, 5), (1, 6)));
        var pattern = new SourceStream("wiki.*", isPattern: true);
        Assert.Equal(KafkaDataSourceMetadata.EndOf("wiki.*", PartitionOffsets.Of((A0, 9), (new StreamPartition("wiki_a", 1), 6), (B0, 3))), pattern.Plus(stored, PartitionOffsets.Of((A0, 9), (B0, 3))));
    }

    [Fact]
    public void Commit_after_offsets_of_another_stream_forgets_those() =>
        Assert.Equal(KafkaDataSourceMetadata.EndOf("wiki_a", PartitionOffsets.Of((0, 9))), new SourceStream("wiki_a", isPattern: false).Plus(KafkaDataSourceMetadata.EndOf("clicks", PartitionOffsets.Of((0, 5))), PartitionOffsets.Of((0, 9))));
}
