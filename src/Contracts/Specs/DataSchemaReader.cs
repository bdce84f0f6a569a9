using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Specs;

internal static class DataSchemaReader
{
    public const string TimeColumn = "__time";
    private static readonly AggregatorKind[] Aggregators = Enum.GetValues<AggregatorKind>();

    public static DataSchema? Read(SpecNode node, List<SpecProblem> problems)
    {
        var before = problems.Count;
        var dataSource = ReadDataSource(node);
        var timestamp = ReadTimestamp(node);
        var (dimensions, exclusions, includesAll, discovers) = ReadDimensions(node);
        var metrics = node.Array("metricsSpec").Select(ReadAggregator).OfType<AggregatorSpec>().ToImmutableArray();
        var (segmentGranularity, queryGranularity, rollup) = ReadGranularities(node);
        CheckNames(node, dimensions, metrics);
        var transforms = node.Object("transformSpec") is { } spec ? TransformSpecReader.Read(spec) : TransformSpec.None;
        if (problems.Count > before) return null;
        return new DataSchema
        {
            DataSource = dataSource, Timestamp = timestamp, Dimensions = dimensions, DimensionExclusions = exclusions, Metrics = metrics,
            SegmentGranularity = segmentGranularity, QueryGranularity = queryGranularity, Rollup = rollup, Transforms = transforms,
            IncludesAllDimensions = includesAll, UsesSchemaDiscovery = discovers,
        };
    }

    private static string ReadDataSource(SpecNode node)
    {
        var name = node.Text("dataSource", required: true) ?? "";
        if (node.Has("dataSource")) CheckId(node, "dataSource", name);
        return name;
    }

    /// <summary>Druid's rules for ids, which become folder names and URL segments.</summary>
    public static void CheckId(SpecNode node, string member, string id)
    {
        if (string.IsNullOrWhiteSpace(id)) node.Problem(member, "must not be empty");
        else if (id.StartsWith('.')) node.Problem(member, $"[{id}] cannot start with '.'");
        else if (id.IndexOfAny(['/', '\\']) >= 0) node.Problem(member, $"[{id}] cannot contain '/' or '\\'");
        else if (id.Any(c => c != ' ' && (char.IsWhiteSpace(c) || char.IsControl(c)))) node.Problem(member, $"[{id}] contains whitespace other than a space, or a control character");
        else if (id.Length > 200) node.Problem(member, "is longer than 200 characters");
    }

    private static TimestampSpec ReadTimestamp(SpecNode node)
    {
        if (node.Object("timestampSpec", required: true) is not { } spec) return new TimestampSpec("timestamp", "auto", null);
        var read = new TimestampSpec(spec.Text("column") ?? "timestamp", spec.Text("format") ?? "auto", ReadMissingValue(spec));
        if (read.Kind == TimestampFormat.Pattern && !JodaPattern.TryParse(read.Format, out _, out var problem))
            spec.Problem("format", $"[{read.Format}] is neither auto, iso, millis, posix, micro, nano nor ruby, nor a pattern of Joda-Time's: {problem}");
        return read;
    }

    private static long? ReadMissingValue(SpecNode spec)
    {
        if (spec.Member("missingValue") is not { } json) return null;
        if (IsoText.TryReadInstant(json, out var millis)) return millis;
        spec.Problem("missingValue", $"{json.GetRawText()} is not an ISO 8601 time, or epoch milliseconds, of the years 0001 to 9999");
        return null;
    }

    private static (ImmutableArray<DimensionSchema>, ImmutableArray<string>, bool IncludesAll, bool Discovers) ReadDimensions(SpecNode node)
    {
        if (node.Object("dimensionsSpec") is not { } spec) return ([], [], false, false);
        if (spec.Member("spatialDimensions") is { ValueKind: JsonValueKind.Array } spatial && spatial.GetArrayLength() > 0) spec.Problem("spatialDimensions", "are not supported");
        if (spec.Member("forceSegmentSortByTime") is { ValueKind: JsonValueKind.False }) spec.Problem("forceSegmentSortByTime", "false is not supported: segments are sorted by time first");
        ImmutableArray<string> exclusions = [.. spec.Array("dimensionExclusions").Where(e => e.Json.ValueKind == JsonValueKind.String).Select(e => e.Json.GetString()!)];
        ImmutableArray<DimensionSchema> dimensions = [.. spec.Array("dimensions").Select(ReadDimension).OfType<DimensionSchema>()];
        var both = dimensions.Select(d => d.Name).Intersect(exclusions, StringComparer.Ordinal).ToList();
        if (both.Count > 0) spec.Problem("dimensionExclusions", $"names what is listed among the dimensions too: {string.Join(", ", both)}");
        return (dimensions, exclusions, spec.Flag("includeAllDimensions", false), spec.Flag("useSchemaDiscovery", false));
    }

    private static DimensionSchema? ReadDimension(SpecNode node)
    {
        if (node.Json.ValueKind == JsonValueKind.String) return Named(node, node.Json.GetString()!, ValueKind.String, "SORTED_ARRAY");
        if (node.Json.ValueKind != JsonValueKind.Object) { node.Problem("", "is neither a name nor an object with type and name"); return null; }
        if (node.Text("type") is { } type && type.Equals("auto", StringComparison.OrdinalIgnoreCase)) return ReadAuto(node);
        var kind = node.OneOf("type", "string", "string", "long", "float", "double", "auto") switch { "long" => ValueKind.Long, "float" => ValueKind.Float, "double" => ValueKind.Double, _ => ValueKind.String };
        var multiValue = node.OneOf("multiValueHandling", "SORTED_ARRAY", "SORTED_ARRAY", "SORTED_SET", "ARRAY");
        var hasBitmaps = kind != ValueKind.String || node.Flag("createBitmapIndex", true);
        return node.Text("name", required: true) is { } name ? Named(node, name, kind, multiValue, hasBitmaps) : null;
    }

    private static DimensionSchema? ReadAuto(SpecNode node)
    {
        if (node.Text("name", required: true) is not { } name || Named(node, name, ValueKind.String, "SORTED_ARRAY") is null) return null;
        if (!node.Has("castToType")) return DimensionSchema.Auto(name);
        var kind = node.OneOf("castToType", "STRING", "STRING", "LONG", "DOUBLE", "FLOAT") switch { "LONG" => ValueKind.Long, "STRING" => ValueKind.String, _ => ValueKind.Double };
        return new DimensionSchema(name, kind, "ARRAY") { Typing = DimensionTyping.Cast };
    }

    private static DimensionSchema? Named(SpecNode node, string name, ValueKind kind, string multiValue, bool hasBitmaps = true)
    {
        if (name == TimeColumn) node.Problem("", "__time is the row's time and cannot be a dimension");
        else if (name.Length == 0 || name.IndexOfAny([',', '\n', '\r']) >= 0) node.Problem("", $"[{name}] cannot be a column name: it is empty, or has a comma or a line break");
        else return new DimensionSchema(name, kind, multiValue, hasBitmaps);
        return null;
    }

    private static AggregatorSpec? ReadAggregator(SpecNode node)
    {
        if (node.Json.ValueKind != JsonValueKind.Object) { node.Problem("", "is not an aggregator: an object with type and name is expected"); return null; }
        var (type, name) = (node.Text("type", required: true), node.Text("name", required: true));
        if (type is null || name is null) return null;
        var index = Array.FindIndex(Aggregators, a => new AggregatorSpec("", a, null).Type == type);
        if (index < 0) { node.Problem("type", $"[{type}] is not supported: use one of {string.Join(", ", Aggregators.Select(a => new AggregatorSpec("", a, null).Type))}"); return null; }
        if (node.Text("expression") is not null) node.Problem("expression", "is not supported: use fieldName");
        if (name.Length == 0 || name.IndexOfAny([',', '\n', '\r']) >= 0) node.Problem("name", $"[{name}] cannot be a column name: it is empty, or has a comma or a line break");
        if (Aggregators[index] == AggregatorKind.Count) return new AggregatorSpec(name, AggregatorKind.Count, null);
        var aggregator = new AggregatorSpec(name, Aggregators[index], node.Text("fieldName", required: true));
        return aggregator.IsTimed ? ReadTimed(node, aggregator) : aggregator;
    }

    private static AggregatorSpec ReadTimed(SpecNode node, AggregatorSpec aggregator)
    {
        var time = node.Text("timeColumn");
        var maxBytes = aggregator.ValueKind == ValueKind.String ? node.Integer("maxStringBytes", AggregatorSpec.DefaultMaxStringBytes, 0) : AggregatorSpec.DefaultMaxStringBytes;
        return aggregator with { TimeColumn = time == TimeColumn ? null : time, MaxStringBytes = maxBytes };
    }

    private static (Granularity Segment, Granularity Query, bool Rollup) ReadGranularities(SpecNode node)
    {
        if (node.Object("granularitySpec") is not { } spec) return (Granularity.Day, Granularity.None, true);
        spec.OneOf("type", "uniform", "uniform");
        var segment = Read(spec, "segmentGranularity", Granularity.Day);
        var query = Read(spec, "queryGranularity", Granularity.None);
        if (segment.Kind is GranularityKind.None) spec.Problem("segmentGranularity", "NONE would make a segment per millisecond: use SECOND or coarser");
        else if (!query.FitsInto(segment)) spec.Problem("queryGranularity", $"{query} is coarser than segmentGranularity {segment}, or lies across its bounds: no segment could hold a row's whole bucket");
        return (segment, query, spec.Flag("rollup", true));
    }

    private static Granularity Read(SpecNode node, string name, Granularity fallback)
    {
        if (node.Member(name) is not { } json) return fallback;
        if (GranularityReader.TryRead(json, out var granularity) is not { } problem) return granularity;
        node.Problem(name + problem.Member, problem.Message);
        return fallback;
    }

    private static void CheckNames(SpecNode node, ImmutableArray<DimensionSchema> dimensions, ImmutableArray<AggregatorSpec> metrics)
    {
        var repeated = dimensions.Select(d => d.Name).Concat(metrics.Select(m => m.Name)).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToList();
        if (repeated.Count > 0) node.Problem("", $"a column is named more than once among the dimensions and metrics: {string.Join(", ", repeated)}");
        if (metrics.Any(m => m.Name == TimeColumn)) node.Problem("metricsSpec", "__time is the row's time and cannot be a metric");
    }
}
