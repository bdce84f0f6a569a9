using System.Text.Json;

namespace Ingestion.IndexTask.Segment;

/// <summary>How columns are encoded: the part of Druid's <c>indexSpec</c> (tuningConfig) that concerns the columns written here.</summary>
public sealed record IndexSpec
{
    /// <summary>What Druid does when a spec says nothing.</summary>
    public static IndexSpec Default { get; } = new();

    public BitmapKind Bitmap { get; init; } = BitmapKind.Roaring;

    /// <summary>Of string columns: lz4 or uncompressed.</summary>
    public ColumnCompression DimensionCompression { get; init; } = ColumnCompression.Lz4;

    /// <summary>Of numeric columns, dimensions and <c>__time</c> included.</summary>
    public ColumnCompression MetricCompression { get; init; } = ColumnCompression.Lz4;

    public StringDictionaryEncoding StringDictionaryEncoding { get; init; } = new StringDictionaryEncoding.Utf8();

    public LongEncoding LongEncoding { get; init; } = LongEncoding.Longs;

    public Lz4Level Lz4Level { get; init; } = Lz4Level.Fast;

    /// <summary>
    /// Reads Druid's JSON. Unknown members and those of column kinds that are not written here (<c>jsonCompression</c>,
    /// <c>complexMetricCompression</c>, <c>segmentLoader</c>, ...) are ignored; null members take their default.
    /// </summary>
    public static IndexSpecParse Parse(JsonElement json) => IndexSpecJson.Parse(json);
}
