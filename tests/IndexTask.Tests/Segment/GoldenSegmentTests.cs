using System.Security.Cryptography;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>What Druid 36 wrote, byte for byte.</summary>
public class GoldenSegmentTests
{
    private static readonly IndexSpec Plain = IndexSpec.Default with { Lz4Level = Lz4Level.High };

    private static readonly IndexSpec Uncompressed = Plain with
    {
        DimensionCompression = ColumnCompression.Uncompressed,
        MetricCompression = ColumnCompression.Uncompressed,
    };

    private static readonly IndexSpec NoBlocks = Uncompressed with { MetricCompression = ColumnCompression.None };

    private static readonly IndexSpec FrontCoded = NoBlocks with { StringDictionaryEncoding = new StringDictionaryEncoding.FrontCoded(4, 1) };

    private static readonly string[] SmallRows =
    [
        """__time=1714521600000 country=null tags=[a,b] score=0.5 age=null note=null dd=1.5 clicks=3 count=1 price=1.5""",
        """__time=1714521600000 country=de tags=[] score=null age=30 note=null dd=null clicks=1 count=1 price=null""",
        """__time=1714525200000 country=us tags=b score=2 age=41 note=null dd=-2.25 clicks=null count=1 price=-2.25""",
        """__time=1714528800000 country= tags=[null,c] score=4.25 age=7 note=null dd=0 clicks=7 count=1 price=0""",
    ];

    public static TheoryData<string> SmallFixtures =>
        ["small-lz4", "small-auto", "small-autounc", "small-unc", "small-unc-none", "small-fc"];

    [Theory]
    [MemberData(nameof(SmallFixtures))]
    public void Writer_gives_the_bytes_of_Druid_for_the_small_rows(string fixture)
    {
        using var written = SegmentDirectory.Of(GoldenRows.Small(SpecOf(fixture)));

        SegmentDirectory.AssertSame(SegmentDirectory.Fixture(fixture), written.Path);
        Assert.Equal(SegmentDirectory.Files(written.Path).Values.Sum(file => file.LongLength), written.SizeBytes);
    }

    [Fact]
    public void Writer_gives_the_bytes_of_Druid_for_the_big_rows()
    {
        using var written = SegmentDirectory.Of(GoldenRows.Big(Plain));

        SegmentDirectory.AssertSame(SegmentDirectory.Fixture("big-lz4"), written.Path);
    }

    [Theory]
    [InlineData("lz4", """
        __time:808725:4c91ca62e66126f1 age:800659:93d6fffe27e8b92b clicks:7830:f86ca0ae915f2ddb count:6995:7675af8bc84f31ca
        country:1473:0ab0f707af1e05b5 dd:800708:24dffdb096b67e7d index.drd:384:0bf30271480fdfbd note:81768:ed15d088312da03c
        price:800675:d1438cd9c3e9fc6f score:8723:b9512d2f25604585 tags:1073818:ae480298d9898cbd
        """)]
    [InlineData("unc-none", """
        __time:1600160:6abf78312419cbf9 age:1600160:364a1bcc2df185c6 clicks:1600160:188c2a8d0b10b7ce count:1600160:ab7491a72a9384f0
        country:200558:677804ad7385c085 dd:1600208:9aa7c7fa739f46d3 index.drd:384:0bf30271480fdfbd note:280875:792ab1dd3289f9e6
        price:1600164:7f8cdef71f1aa715 score:800162:1725c2e5b14ffb96 tags:1302991:431f6eabe419afa0
        """)]
    [InlineData("unc", """
        __time:1600370:cf4391c200509d4d age:1600370:928212ab6aa26516 clicks:1600370:d4f59587f071cad2 count:1600370:60e933d8dc2969f3
        country:200558:677804ad7385c085 dd:1600418:818c1627b1623731 index.drd:384:0bf30271480fdfbd note:280875:792ab1dd3289f9e6
        price:1600374:23643d1f098b0578 score:800276:eb20ae85df2b4035 tags:1302991:431f6eabe419afa0
        """)]
    [InlineData("autounc", """
        __time:800484:051f4a69229e979e age:500340:aaee8e17bab33637 clicks:100304:4322e44b0aa9f54c count:25196:44f31da5e4220cd6
        country:200558:677804ad7385c085 dd:1600418:818c1627b1623731 index.drd:384:0bf30271480fdfbd note:280875:792ab1dd3289f9e6
        price:1600374:23643d1f098b0578 score:800276:eb20ae85df2b4035 tags:1302991:431f6eabe419afa0
        """)]
    [InlineData("fc", """
        __time:1600160:6abf78312419cbf9 age:1600160:364a1bcc2df185c6 clicks:1600160:188c2a8d0b10b7ce count:1600160:ab7491a72a9384f0
        country:200486:0d2f6002bc55d5eb dd:1600208:9aa7c7fa739f46d3 index.drd:384:0bf30271480fdfbd note:280851:6d7cddab539b68d7
        price:1600164:7f8cdef71f1aa715 score:800162:1725c2e5b14ffb96 tags:1302529:62940c6440b2eafd
        """)]
    public void Every_setting_gives_the_hashes_of_Druids_columns(string setting, string hashes)
    {
        using var written = SegmentDirectory.Of(GoldenRows.Big(SpecOf(setting)));

        var actual = SegmentDirectory.InternalFiles(written.Path)
            .Where(file => file.Key != "metadata.drd")
            .Select(file => $"{file.Key}:{file.Value.Length}:{Convert.ToHexStringLower(SHA256.HashData(file.Value))[..16]}")
            .Order(StringComparer.Ordinal);
        Assert.Equal(hashes.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries), actual);
    }

    [Theory]
    [MemberData(nameof(SmallFixtures))]
    [InlineData("small-concise")]
    public void Reader_sees_the_rows_that_Druid_wrote(string fixture)
    {
        using var reader = SegmentReader.Open(SegmentDirectory.Fixture(fixture));

        Assert.Equal(SmallRows, RowText.Of(reader));
        Assert.Equal(["country", "tags", "score", "age", "note", "dd"], reader.Dimensions);
        Assert.Equal(["clicks", "count", "price"], reader.Metrics);
        Assert.Equal((1714521600000, 1714608000000, 4), (reader.IntervalStartMillis, reader.IntervalEndMillis, reader.RowCount));
        Assert.Equal(fixture == "small-concise" ? BitmapKind.Concise : BitmapKind.Roaring, reader.Bitmap);
        Assert.Equal("none", reader.Metadata?.GetProperty("queryGranularity").GetProperty("type").GetString());
    }

    [Theory]
    [MemberData(nameof(SmallFixtures))]
    [InlineData("small-concise")]
    public void Row_sets_of_a_segment_of_Druid_name_the_rows_of_each_value(string fixture)
    {
        using var reader = SegmentReader.Open(SegmentDirectory.Fixture(fixture));

        string?[] values = [null, "a", "b", "c", "d"];
        Assert.Equal(["1,3", "0", "0,2", "3", ""], values.Select(value => string.Join(',', reader.RowsOf("tags", value))));
        Assert.Equal([0, 1, 2, 3], reader.RowsOf("note", null));
        Assert.Equal([3], reader.RowsOf("country", ""));
    }

    [Theory]
    [MemberData(nameof(SmallFixtures))]
    [InlineData("big-lz4")]
    public void A_segment_of_Druid_read_and_written_again_is_the_same(string fixture)
    {
        using var reader = SegmentReader.Open(SegmentDirectory.Fixture(fixture));
        using var written = SegmentDirectory.Of(Rewriting.Content(reader, SpecOf(fixture)));

        SegmentDirectory.AssertSame(SegmentDirectory.Fixture(fixture), written.Path);
    }

    [Fact]
    public void Fast_compression_keeps_every_byte_of_the_content()
    {
        using var fast = SegmentDirectory.Of(GoldenRows.Big(Plain with { Lz4Level = Lz4Level.Fast }));
        using var reader = SegmentReader.Open(fast.Path);
        using var again = SegmentDirectory.Of(Rewriting.Content(reader, Plain));

        SegmentDirectory.AssertSame(SegmentDirectory.Fixture("big-lz4"), again.Path);
    }

    private static IndexSpec SpecOf(string fixture) => fixture.Replace("small-", "").Replace("big-", "") switch
    {
        "lz4" => Plain,
        "auto" => NoBlocks with { LongEncoding = LongEncoding.Auto },
        "autounc" => Uncompressed with { LongEncoding = LongEncoding.Auto },
        "unc" => Uncompressed,
        "unc-none" => NoBlocks,
        "fc" => FrontCoded,
        var other => throw new ArgumentException(other),
    };
}
