using System.Text.Json;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

public class IndexSpecTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"bitmap":{"type":"roaring","compressRunOnSerialization":true},"dimensionCompression":"lz4","stringDictionaryEncoding":{"type":"utf8"},"metricCompression":"lz4","longEncoding":"longs"}""")]
    [InlineData("""{"bitmap":null,"dimensionCompression":"LZ4","longEncoding":null,"jsonCompression":"zstd","segmentLoader":null}""")]
    public void What_means_Druids_defaults_is_the_default(string json)
    {
        var parsed = IndexSpec.Parse(JsonDocument.Parse(json).RootElement);

        Assert.Empty(parsed.Problems);
        Assert.Equal(IndexSpec.Default, parsed.Spec);
    }

    [Fact]
    public void Every_setting_is_read()
    {
        var parsed = IndexSpec.Parse(JsonDocument.Parse("""
            {"dimensionCompression":"uncompressed","metricCompression":"none","longEncoding":"auto",
             "stringDictionaryEncoding":{"type":"frontCoded","bucketSize":16,"formatVersion":1}}
            """).RootElement);

        Assert.Empty(parsed.Problems);
        Assert.Equal(new IndexSpec
        {
            DimensionCompression = ColumnCompression.Uncompressed,
            MetricCompression = ColumnCompression.None,
            LongEncoding = LongEncoding.Auto,
            StringDictionaryEncoding = new StringDictionaryEncoding.FrontCoded(16, 1),
        }, parsed.Spec);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var parsed = IndexSpec.Parse(JsonDocument.Parse("""
            {"bitmap":{"type":"concise"},"dimensionCompression":"zstd","metricCompression":"brotli","longEncoding":7,
             "stringDictionaryEncoding":{"type":"frontCoded","bucketSize":3,"formatVersion":2}}
            """).RootElement);

        Assert.Equal(
        [
            "indexSpec.bitmap: concise is read but not written; use roaring",
            "indexSpec.dimensionCompression: zstd and lzf are not supported; use lz4, uncompressed",
            "indexSpec.metricCompression: unknown compression [brotli]",
            "indexSpec.longEncoding must be a string",
            "indexSpec.stringDictionaryEncoding.bucketSize must be a power of two from 1 to 128, not 3",
            "indexSpec.stringDictionaryEncoding.formatVersion must be 0 or 1, not 2",
        ], parsed.Problems);
    }
}
