using Ingestion.Contracts.Segments;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>A bucket and the prefix of all keys in it, written <c>s3://BUCKET/BASE_KEY</c>.</summary>
internal sealed record S3Place(string Bucket, string BaseKey)
{
    public const string Scheme = "s3://";

    /// <exception cref="FormatException">It has no bucket, or is no such URL.</exception>
    public static S3Place Parse(string location)
    {
        if (!location.StartsWith(Scheme, StringComparison.Ordinal)) throw new FormatException($"[{location}] is not {Scheme}BUCKET/KEY");
        var (bucket, key) = location[Scheme.Length..].Split('/', 2) switch { [var b, var k] => (b, k), var b => (b[0], "") };
        return bucket.Length > 0 ? new S3Place(bucket, key) : throw new FormatException($"[{location}] names no bucket");
    }

    /// <summary>As Druid's <c>S3Utils.constructSegmentPath</c> joins them.</summary>
    public string KeyOf(SegmentIdWithShardSpec id, string unique) => $"{Prefix}{SegmentDescriptor.StorageDirectory(id, unique)}/index.zip";

    public bool Holds(S3LoadSpec segment) => segment.Bucket == Bucket && segment.Key.StartsWith(Prefix, StringComparison.Ordinal);

    public override string ToString() => $"{Scheme}{Bucket}/{BaseKey}";

    private string Prefix => BaseKey.Length == 0 ? "" : BaseKey + "/";
}
