using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Contracts.Segments;

namespace Ingestion.Contracts.Specs;

public enum ValueKind { String, Long, Float, Double }

/// <summary>What an event becomes: Druid's <c>dataSchema</c>.</summary>
public sealed record DataSchema
{
    public required string DataSource { get; init; }
    public required TimestampSpec Timestamp { get; init; }

    /// <summary>In the order of the segment; those that are discovered follow.</summary>
    public required ImmutableArray<DimensionSchema> Dimensions { get; init; }
    public required ImmutableArray<string> DimensionExclusions { get; init; }
    public required ImmutableArray<AggregatorSpec> Metrics { get; init; }
    public required Granularity SegmentGranularity { get; init; }
    public required Granularity QueryGranularity { get; init; }
    public required bool Rollup { get; init; }
    public TransformSpec Transforms { get; init; } = TransformSpec.None;

    /// <summary>Druid's <c>includeAllDimensions</c>: fields that are not listed become string dimensions.</summary>
    public bool IncludesAllDimensions { get; init; }

    /// <summary>Druid's <c>useSchemaDiscovery</c>: fields that are not listed become dimensions of the type that is seen in the segment.</summary>
    public bool UsesSchemaDiscovery { get; init; }

    /// <summary>Fields that are neither listed nor excluded become dimensions.</summary>
    public bool DiscoversDimensions => Dimensions.IsEmpty || IncludesAllDimensions || UsesSchemaDiscovery;

    /// <summary>A dimension that a field becomes by discovery.</summary>
    public DimensionSchema Discovered(string name) => UsesSchemaDiscovery ? DimensionSchema.Auto(name) : new DimensionSchema(name, ValueKind.String, "SORTED_ARRAY");

    /// <summary>Reads a dataSchema of a task or spec.</summary>
    /// <returns>Null, with at least one problem, when it cannot be run.</returns>
    public static DataSchema? Read(JsonElement json, string path, List<SpecProblem> problems) => DataSchemaReader.Read(new SpecNode(json, path, problems), problems);
}

/// <summary>How the time of an event is written; <see cref="Pattern"/> is any pattern of Joda-Time's.</summary>
public enum TimestampFormat { Auto, Iso, Millis, Posix, Micro, Nano, Ruby, Pattern }

/// <param name="Column">The field that holds the time.</param>
/// <param name="Format">As the spec has it: <c>auto</c> (ISO 8601 or milliseconds), <c>iso</c>, <c>millis</c>, <c>posix</c> (seconds), <c>micro</c>, <c>nano</c>, <c>ruby</c> (seconds
/// with a fraction), in any case, or a pattern.</param>
/// <param name="MissingValue">The instant, in epoch milliseconds, of an event without the field; null: such an event is unparseable.</param>
public sealed record TimestampSpec(string Column, string Format, long? MissingValue)
{
    public TimestampFormat Kind { get; } = Enum.GetValues<TimestampFormat>().FirstOrDefault(k => k.ToString().Equals(Format, StringComparison.OrdinalIgnoreCase), TimestampFormat.Pattern);
}

/// <param name="MultiValueHandling"><c>SORTED_ARRAY</c>, <c>SORTED_SET</c> or <c>ARRAY</c>; strings only.</param>
/// <param name="HasBitmaps">Druid's <c>createBitmapIndex</c>: which rows have a value is stored beside the rows; strings only.</param>
public sealed record DimensionSchema(string Name, ValueKind Kind, string MultiValueHandling, bool HasBitmaps = true)
{
    public DimensionTyping Typing { get; init; }

    /// <summary>Druid's type <c>auto</c>: long, double or string by what a segment's rows hold. Until that is known, text.</summary>
    public static DimensionSchema Auto(string name) => new(name, ValueKind.String, "ARRAY") { Typing = DimensionTyping.Seen };
}

/// <summary>What decides about a dimension's type, and what becomes of values of another.</summary>
public enum DimensionTyping
{
    /// <summary>The spec; a value that cannot be converted is null and counted as an error.</summary>
    Declared,

    /// <summary>The values: <see cref="DimensionSchema.Auto"/>.</summary>
    Seen,

    /// <summary>The spec, by Druid's <c>castToType</c>: a scalar that cannot be converted is null.</summary>
    Cast,
}

public enum AggregatorKind
{
    Count, LongSum, LongMin, LongMax, FloatSum, FloatMin, FloatMax, DoubleSum, DoubleMin, DoubleMax,
    LongFirst, LongLast, FloatFirst, FloatLast, DoubleFirst, DoubleLast, StringFirst, StringLast,
}

/// <param name="FieldName">The input field; null for count.</param>
public sealed record AggregatorSpec(string Name, AggregatorKind Kind, string? FieldName)
{
    /// <summary>The type in JSON: <c>longSum</c>.</summary>
    public string Type => char.ToLowerInvariant(Kind.ToString()[0]) + Kind.ToString()[1..];

    public const int DefaultMaxStringBytes = 1024;

    /// <summary>First and last only: the field of the time that decides; null: the row's time, not truncated.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>First and last strings only: what is kept of a string, in bytes of UTF-8.</summary>
    public int MaxStringBytes { get; init; } = DefaultMaxStringBytes;

    public bool IsFirst => Kind is AggregatorKind.LongFirst or AggregatorKind.FloatFirst or AggregatorKind.DoubleFirst or AggregatorKind.StringFirst;

    /// <summary>First or last: a value is kept with its time.</summary>
    public bool IsTimed => IsFirst || Kind is AggregatorKind.LongLast or AggregatorKind.FloatLast or AggregatorKind.DoubleLast or AggregatorKind.StringLast;

    /// <summary>The input is the row's time rather than a field.</summary>
    public bool ReadsRowTime => FieldName == DataSchemaReader.TimeColumn && ValueKind != ValueKind.String;

    public ValueKind ValueKind => Kind switch
    {
        AggregatorKind.Count or AggregatorKind.LongSum or AggregatorKind.LongMin or AggregatorKind.LongMax or AggregatorKind.LongFirst or AggregatorKind.LongLast => ValueKind.Long,
        AggregatorKind.FloatSum or AggregatorKind.FloatMin or AggregatorKind.FloatMax or AggregatorKind.FloatFirst or AggregatorKind.FloatLast => ValueKind.Float,
        AggregatorKind.StringFirst or AggregatorKind.StringLast => ValueKind.String,
        _ => ValueKind.Double,
    };
}
