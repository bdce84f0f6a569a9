using System.Numerics;
using System.Text.Json;

namespace Ingestion.IndexTask.Segment;

/// <summary>Druid's JSON of an index spec: every unusable value is a problem of its own, so that a spec's author sees all at once.</summary>
internal static class IndexSpecJson
{
    public static IndexSpecParse Parse(JsonElement json)
    {
        List<string> problems = [];
        var spec = IndexSpec.Default;
        if (json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return new(spec, problems);
        if (json.ValueKind != JsonValueKind.Object)
            return new(spec, [$"indexSpec must be an object, not {json.ValueKind}"]);

        return new(spec with
        {
            Bitmap = Bitmap(json, problems),
            DimensionCompression = Compression(json, "dimensionCompression", noneAllowed: false, problems),
            MetricCompression = Compression(json, "metricCompression", noneAllowed: true, problems),
            LongEncoding = Longs(json, problems),
            StringDictionaryEncoding = Dictionary(json, problems),
        }, problems);
    }

    private static BitmapKind Bitmap(JsonElement json, List<string> problems)
    {
        switch (TypeOf(json, "bitmap", problems))
        {
            case null or "roaring":
                break;
            case "concise":
                problems.Add("indexSpec.bitmap: concise is read but not written; use roaring");
                break;
            case var other:
                problems.Add($"indexSpec.bitmap: unknown type [{other}]");
                break;
        }

        return BitmapKind.Roaring;
    }

    private static ColumnCompression Compression(JsonElement json, string member, bool noneAllowed, List<string> problems)
    {
        switch (Word(json, member, problems))
        {
            case null or "lz4":
                return ColumnCompression.Lz4;
            case "uncompressed":
                return ColumnCompression.Uncompressed;
            case "none" when noneAllowed:
                return ColumnCompression.None;
            case "none":
                problems.Add($"indexSpec.{member}: none is for numeric columns only; use uncompressed");
                break;
            case "zstd" or "lzf":
                problems.Add($"indexSpec.{member}: zstd and lzf are not supported; use lz4, uncompressed{(noneAllowed ? " or none" : "")}");
                break;
            case var other:
                problems.Add($"indexSpec.{member}: unknown compression [{other}]");
                break;
        }

        return ColumnCompression.Lz4;
    }

    private static LongEncoding Longs(JsonElement json, List<string> problems)
    {
        var word = Word(json, "longEncoding", problems);
        if (word is not (null or "longs" or "auto"))
            problems.Add($"indexSpec.longEncoding: unknown encoding [{word}]");
        return word == "auto" ? LongEncoding.Auto : LongEncoding.Longs;
    }

    private static StringDictionaryEncoding Dictionary(JsonElement json, List<string> problems)
    {
        const string member = "stringDictionaryEncoding";
        var type = TypeOf(json, member, problems);
        if (type is not (null or "utf8" or "frontCoded"))
            problems.Add($"indexSpec.{member}: unknown type [{type}]");
        if (type != "frontCoded")
            return new StringDictionaryEncoding.Utf8();

        var bucketSize = Number(json.GetProperty(member), "bucketSize", 4, problems);
        if (bucketSize is < 1 or > 128 || !BitOperations.IsPow2(bucketSize))
            problems.Add($"indexSpec.{member}.bucketSize must be a power of two from 1 to 128, not {bucketSize}");
        var version = Number(json.GetProperty(member), "formatVersion", 0, problems);
        if (version is not (0 or 1))
            problems.Add($"indexSpec.{member}.formatVersion must be 0 or 1, not {version}");
        return new StringDictionaryEncoding.FrontCoded(bucketSize, version);
    }

    private static int Number(JsonElement json, string member, int otherwise, List<string> problems)
    {
        if (!json.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null)
            return otherwise;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            return number;
        problems.Add($"indexSpec.stringDictionaryEncoding.{member} must be a whole number");
        return otherwise;
    }

    private static string? TypeOf(JsonElement json, string member, List<string> problems)
    {
        if (!json.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String)
            return type.GetString();
        problems.Add($"indexSpec.{member} must be an object with a type");
        return null;
    }

    // Druid compares these words without regard to case.
    private static string? Word(JsonElement json, string member, List<string> problems)
    {
        if (!json.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString()!.ToLowerInvariant();
        problems.Add($"indexSpec.{member} must be a string");
        return null;
    }
}
