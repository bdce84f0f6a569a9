using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>What is written is what is read, over random content of every kind.</summary>
public class RoundTripTests
{
    private static readonly string[] Texts = ["", "a", "zürich", "日本", "\U0001F600", "\uFFFD", "\uE000 private", "with, comma", "line\nbreak", new string('x', 3000)];

    [Theory]
    [InlineData(254, 1000)]
    [InlineData(255, 1000)]
    [InlineData(256, 1000)]
    [InlineData(65535, 80_000)]
    [InlineData(65536, 80_000)]
    [InlineData(70_000, 140_000)]
    public void Strings_of_any_cardinality_come_back(int values, int rows)
    {
        var random = new Random(values);
        var ids = Enumerable.Range(0, rows).Select(row => row < values ? row : random.Next(values)).ToArray();
        random.Shuffle(ids);
        var content = new ColumnContent.StringColumn(Utf8Dictionary.Of(Enumerable.Range(0, values).Select(id => $"value {id}")), ids);

        foreach (var spec in Specs)
            AssertComesBack(rows, spec, content);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Random_columns_come_back(int seed)
    {
        var random = new Random(seed);
        var rows = seed switch { 1 => 1, 2 => 2, 7 => 65536, 8 => 150_000, _ => random.Next(3, 20_000) };
        ColumnContent[] columns =
        [
            RandomColumns.Longs(random, rows),
            RandomColumns.Floats(random, rows),
            RandomColumns.Doubles(random, rows),
            RandomColumns.Single(random, rows, Texts),
            RandomColumns.Multi(random, rows, Texts),
        ];

        foreach (var spec in Specs)
            AssertComesBack(rows, spec, columns);
    }

    [Fact]
    public void Longs_of_every_range_come_back_from_the_automatic_encoding()
    {
        const int rows = 3000;
        var random = new Random(5);
        var columns =
            from bits in Enumerable.Range(1, 64)
            from distinct in new[] { 1, 17, rows }
            let few = Enumerable.Range(0, distinct).Select(_ => random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits)).ToArray()
            select new ColumnContent.LongColumn(Enumerable.Range(0, rows).Select(row => few[row % distinct]).ToArray());

        foreach (var compression in Enum.GetValues<ColumnCompression>())
            AssertComesBack(rows, IndexSpec.Default with { LongEncoding = LongEncoding.Auto, MetricCompression = compression }, [.. columns]);
    }

    [Fact]
    public void Row_sets_of_all_container_kinds_name_exactly_the_rows_of_each_value()
    {
        const int rows = 300_000;
        var random = new Random(11);
        string[] values = ["everywhere", "every second", "a run", "rare", "once", "chunk three"];
        var texts = Enumerable.Range(0, rows).Select(row => row switch
        {
            77_777 => values[4],
            >= 90_000 and < 120_000 => values[2],
            >= 196_608 and < 262_144 when row % 3 == 0 => values[5],
            _ when random.Next(1000) == 0 => values[3],
            _ when row % 2 == 0 => values[1],
            _ => row < 60_000 ? null : values[0],
        }).ToArray();
        using var written = Write(rows, IndexSpec.Default, Columns.Strings("text", texts));
        using var reader = SegmentReader.Open(written.Path);

        foreach (var value in values.Append(null))
            Assert.Equal(Enumerable.Range(0, rows).Where(row => texts[row] == value), reader.RowsOf("text", value));
        Assert.Equal([], reader.RowsOf("text", "never"));
    }

    [Fact]
    public void A_row_that_repeats_a_value_is_once_in_its_row_set_and_empty_rows_are_found_as_null()
    {
        using var written = Write(4, IndexSpec.Default, Columns.MultiStrings("tags", ["a", "a", "b"], [], ["b"], [null, "a"]));
        using var reader = SegmentReader.Open(written.Path);

        Assert.Equal("0,3|0,2|1,3", string.Join('|', new[] { "a", "b", null }.Select(value => string.Join(',', reader.RowsOf("tags", value)))));
        Assert.Equal(["[a,a,b]", "[]", "b", "[null,a]"], reader.Rows().Select(row => RowText.Of(row["tags"])));
    }

    [Fact]
    public void Lists_of_at_most_one_value_become_a_single_value_column()
    {
        using var multi = Write(3, IndexSpec.Default, Columns.MultiStrings("tags", ["a"], [], ["b"]));
        using var single = Write(3, IndexSpec.Default, Columns.Strings("tags", "a", null, "b"));

        SegmentDirectory.AssertSame(single.Path, multi.Path);
    }

    [Fact]
    public void A_dimension_of_nothing_but_null_takes_no_data()
    {
        using var written = Write(3, IndexSpec.Default, Columns.MultiStrings("tags", [null], [], [null, null]), Columns.Strings("text", "a", "b", "c"));
        using var reader = SegmentReader.Open(written.Path);

        Assert.Equal([(false, "__time"), (true, "tags"), (false, "text")], reader.Columns.Select(column => (column.IsNullOnly, column.Name)));
        Assert.Equal(["tags", "text"], reader.Dimensions);
        Assert.Equal(["null", "null", "null"], reader.Rows().Select(row => RowText.Of(row["tags"])));
    }

    [Fact]
    public void Columns_that_do_not_fit_move_on_to_the_next_chunk_whole()
    {
        var columns = Enumerable.Range(0, 9).Select(i => Columns.Longs($"c{i}", [.. Enumerable.Range(0, 1000).Select(row => (long?)(row * i))])).ToArray();
        using var whole = Write(1000, IndexSpec.Default with { MetricCompression = ColumnCompression.None }, columns);
        using var parts = SegmentDirectory.Of(Content(1000, IndexSpec.Default with { MetricCompression = ColumnCompression.None }, columns), maxChunkBytes: 20_000);

        SegmentDirectory.AssertSame(SegmentDirectory.InternalFiles(whole.Path), SegmentDirectory.InternalFiles(parts.Path));
        Assert.Equal(SegmentDirectory.Files(parts.Path).Values.Sum(file => file.LongLength), parts.SizeBytes);
        Assert.Equal(8, SegmentDirectory.Files(parts.Path).Count);
        Assert.All(SegmentDirectory.Files(parts.Path), file => Assert.InRange(file.Value.Length, 1, 20_000));
        using var reader = SegmentReader.Open(parts.Path);
        Assert.Equal("7992", RowText.Of(reader.Rows().Last()["c8"]));
    }

    private static IEnumerable<IndexSpec> Specs =>
    [
        IndexSpec.Default,
        new() { DimensionCompression = ColumnCompression.Uncompressed, MetricCompression = ColumnCompression.None, StringDictionaryEncoding = new StringDictionaryEncoding.FrontCoded(4, 0) },
        new() { MetricCompression = ColumnCompression.Uncompressed, LongEncoding = LongEncoding.Auto, StringDictionaryEncoding = new StringDictionaryEncoding.FrontCoded(16, 1) },
        new() { LongEncoding = LongEncoding.Auto, StringDictionaryEncoding = new StringDictionaryEncoding.FrontCoded(1, 1) },
        new() { DimensionCompression = ColumnCompression.Uncompressed, MetricCompression = ColumnCompression.None, LongEncoding = LongEncoding.Auto },
    ];

    private static void AssertComesBack(int rows, IndexSpec spec, params ColumnContent[] columns)
    {
        using var written = Write(rows, spec, [.. columns.Select((column, i) => new ReadyColumn($"c{i}", column))]);
        using var reader = SegmentReader.Open(written.Path);
        for (var i = 0; i < columns.Length; i++)
            SameColumn.Check(columns[i], reader.Read($"c{i}"));
    }

    private static SegmentDirectory Write(int rows, IndexSpec spec, params ColumnSource[] columns) => SegmentDirectory.Of(Content(rows, spec, columns));

    private static SegmentContent Content(int rows, IndexSpec spec, ColumnSource[] columns) => new()
    {
        IntervalStartMillis = 0,
        IntervalEndMillis = rows,
        RowCount = rows,
        Time = Enumerable.Range(0, rows).Select(row => (long)row).ToArray(),
        Dimensions = columns,
        Metrics = [],
        IndexSpec = spec,
        Metadata = new SegmentMetadata(),
    };
}
