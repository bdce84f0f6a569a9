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

    /// <summary>In the order of the segment. Empty: every field that is not excluded becomes a string dimension.</summary>
    public required ImmutableArray<DimensionSchema> Dimensions { get; init; }
    public required ImmutableArray<string> DimensionExclusions { get; init; }
    public required ImmutableArray<AggregatorSpec> Metrics { get; init; }
    public required Granularity SegmentGranularity { get; init; }
    public required Granularity QueryGranularity { get; init; }
    public required bool Rollup { get; init; }

    public bool DiscoversDimensions => Dimensions.IsEmpty;

    /// <summary>Reads a dataSchema of a task or spec.</summary>
    /// <returns>Null, with at least one problem, when it cannot be run.</returns>
    public static DataSchema? Read(JsonElement json, string path, List<SpecProblem> problems) => DataSchemaReader.Read(new SpecNode(json, path, problems), problems);
}

/// <param name="Column">The field that holds the time.</param>
/// <param name="Format"><c>iso</c>, <c>auto</c> (ISO 8601 or milliseconds), <c>millis</c> or <c>posix</c> (seconds).</param>
/// <param name="MissingValue">The instant, in epoch milliseconds, of an event without the field; null: such an event is unparseable.</param>
public sealed record TimestampSpec(string Column, string Format, long? MissingValue);

/// <param name="MultiValueHandling"><c>SORTED_ARRAY</c>, <c>SORTED_SET</c> or <c>ARRAY</c>; strings only.</param>
public sealed record DimensionSchema(string Name, ValueKind Kind, string MultiValueHandling);

public enum AggregatorKind { Count, LongSum, LongMin, LongMax, FloatSum, FloatMin, FloatMax, DoubleSum, DoubleMin, DoubleMax }

/// <param name="FieldName">The input field; null for count.</param>
public sealed record AggregatorSpec(string Name, AggregatorKind Kind, string? FieldName)
{
    /// <summary>The type in JSON: <c>longSum</c>.</summary>
    public string Type => char.ToLowerInvariant(Kind.ToString()[0]) + Kind.ToString()[1..];

    public ValueKind ValueKind => Kind switch
    {
        AggregatorKind.Count or AggregatorKind.LongSum or AggregatorKind.LongMin or AggregatorKind.LongMax => ValueKind.Long,
        AggregatorKind.FloatSum or AggregatorKind.FloatMin or AggregatorKind.FloatMax => ValueKind.Float,
        _ => ValueKind.Double,
    };
}
