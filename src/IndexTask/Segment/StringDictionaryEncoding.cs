namespace Ingestion.IndexTask.Segment;

/// <summary>How the dictionary of a string column is stored.</summary>
public abstract record StringDictionaryEncoding
{
    private StringDictionaryEncoding()
    {
    }

    /// <summary>Every value in full; Druid's default.</summary>
    public sealed record Utf8 : StringDictionaryEncoding;

    /// <summary>
    /// Values in buckets, each as what it does not share with the one before it (format version 1) or with the first of its bucket (0).
    /// </summary>
    /// <param name="BucketSize">A power of two from 1 to 128.</param>
    /// <param name="FormatVersion">0 (Druid 25 and later) or 1 (26 and later).</param>
    public sealed record FrontCoded(int BucketSize, int FormatVersion) : StringDictionaryEncoding;
}
