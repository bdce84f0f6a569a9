using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Content that Druid would load and then answer wrongly from is refused.</summary>
public class SegmentRuleTests
{
    private static readonly SegmentContent Sound = new()
    {
        IntervalStartMillis = 0,
        IntervalEndMillis = 10,
        RowCount = 2,
        Time = new long[] { 1, 2 },
        Dimensions = [Columns.Strings("text", "a", "b")],
        Metrics = [Columns.Longs("count", 1, 1)],
        IndexSpec = IndexSpec.Default,
        Metadata = new SegmentMetadata(),
    };

    [Fact]
    public void Names_that_the_container_cannot_hold_or_that_are_taken_are_refused()
    {
        AssertRefused("column [a,b]: a name must not be empty or contain a comma or a line break", Sound with { Metrics = [Columns.Longs("a,b", 1, 1)] });
        AssertRefused("column []: a name must not be empty or contain a comma or a line break", Sound with { Metrics = [Columns.Longs("", 1, 1)] });
        AssertRefused("column [text]: the name is taken", Sound with { Metrics = [Columns.Longs("text", 1, 1)] });
        AssertRefused("column [__time]: the name is taken", Sound with { Metrics = [Columns.Longs("__time", 1, 1)] });
        AssertRefused("column [index.drd]: the name is taken", Sound with { Metrics = [Columns.Longs("index.drd", 1, 1)] });
    }

    [Fact]
    public void Times_out_of_order_or_outside_the_interval_are_refused()
    {
        AssertRefused("row 1 is earlier than the one before it: 1 after 2", Sound with { Time = new long[] { 2, 1 } });
        AssertRefused("times 1 to 10 are not within the interval 0 to 10", Sound with { Time = new long[] { 1, 10 } });
        AssertRefused("a segment has at least one row", Sound with { RowCount = 0, Time = Array.Empty<long>() });
    }

    [Fact]
    public void Columns_of_another_length_are_refused() =>
        AssertRefused("column [count] has 3 rows, the segment 2", Sound with { Metrics = [Columns.Longs("count", 1, 1, 1)] });

    [Fact]
    public void Dictionaries_that_would_mislead_filters_are_refused()
    {
        AssertRefused("column [text]: the dictionary is not in strictly ascending order of UTF-16 code units", WithText(new(false, "ba"u8.ToArray(), new[] { 1, 2 }), 0, 1));
        AssertRefused("column [text]: entry 2 of the dictionary is not used by any row", WithText(Utf8Dictionary.Of(["a", "b", "c"]), 0, 1));
        AssertRefused("column [text]: id 2 is not one of the dictionary's 2", WithText(Utf8Dictionary.Of(["a", "b"]), 0, 2));
        AssertRefused("column [text]: the dictionary is empty", WithText(Utf8Dictionary.Of([]), 0, 0));
    }

    [Fact]
    public void Index_specs_that_are_not_written_are_refused()
    {
        AssertRefused("bitmaps of kind Concise are not written", Sound with { IndexSpec = new() { Bitmap = BitmapKind.Concise } });
        AssertRefused("string columns have blocks: their compression cannot be none", Sound with { IndexSpec = new() { DimensionCompression = ColumnCompression.None } });
    }

    private static SegmentContent WithText(Utf8Dictionary dictionary, params int[] ids) =>
        Sound with { Dimensions = [new ReadyColumn("text", new ColumnContent.StringColumn(dictionary, ids))] };

    private static void AssertRefused(string reason, SegmentContent content)
    {
        using var directory = new SegmentDirectory();
        var problem = Assert.Throws<ArgumentException>(() => SegmentWriter.Write(directory.Path, content, CancellationToken.None));
        Assert.StartsWith(reason, problem.Message);
    }
}
