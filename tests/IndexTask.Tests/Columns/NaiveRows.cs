using System.Globalization;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Tests.Parsing;

namespace Ingestion.IndexTask.Tests.Columns;

/// <summary>What the rows of a segment should be, by LINQ over parsed documents.</summary>
internal static class NaiveRows
{
    /// <summary>Lines of time, dimensions and metrics in the order of a segment. Values as the random events and the sample have them only.</summary>
    public static List<string> Of(DataSchema schema, IEnumerable<string> events)
    {
        var rows = events.Select(json => Row(schema, JsonDocument.Parse(json).RootElement)).ToList();
        if (schema.Rollup)
            rows = [.. rows.GroupBy(r => $"{r.Time} {string.Join(' ', r.Dimensions.Select(Line))}").Select(g => g.First() with { Metrics = [.. schema.Metrics.Select((m, i) => Combined(m.Kind, g.Select(r => r.Metrics[i])))] })];
        rows.Sort(Compare); // a stable sort is not needed: metrics of equal rows without rollup are compared as sets by the tests
        // A column in which no row has several values is a single-value one, which has no empty rows.
        for (var d = 0; d < schema.Dimensions.Length; d++)
        {
            if (!rows.Exists(r => r.Dimensions[d] is string?[] { Length: > 1 }))
                rows.ForEach(r => r.Dimensions[d] = r.Dimensions[d] is string?[] { Length: 0 } ? null : r.Dimensions[d]);
        }

        var metrics = schema.Metrics.Select((m, i) => (m.Name, i)).OrderBy(m => m.Name, StringComparer.Ordinal).ToList();
        return [.. rows.Select(r => $"{r.Time} " + string.Join(' ', r.Dimensions.Select((d, i) => $"{schema.Dimensions[i].Name}={Line(d)}").Concat(metrics.Select(m => $"{m.Name}={Line(r.Metrics[m.i])}"))))];
    }

    public static string Line(object? value) => value is string?[] { Length: 1 } one ? Ingested.Text(one[0]) : Ingested.Text(value);

    private static NaiveRow Row(DataSchema schema, JsonElement json)
    {
        var time = DateTimeOffset.Parse(json.GetProperty("time").GetString()!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        return new NaiveRow(
            Math.Max(schema.QueryGranularity.Truncate(time), Ingested.Day.StartMillis),
            [.. schema.Dimensions.Select(d => Dimension(d, schema.Rollup, Field(json, d.Name)))],
            [.. schema.Metrics.Select(m => m.FieldName is null ? 1L : Number(m.ValueKind, Field(json, m.FieldName)))]);
    }

    private static JsonElement Field(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value : default;

    private static object? Dimension(DimensionSchema dimension, bool rollup, JsonElement value)
    {
        if (dimension.Kind != ValueKind.String)
            return Number(dimension.Kind, value);
        string?[] texts = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(Text)] : [Text(value)];
        if (dimension.MultiValueHandling != "ARRAY")
            Array.Sort(texts, StringComparer.Ordinal);
        if (dimension.MultiValueHandling == "SORTED_SET")
            texts = [.. texts.Distinct()];
        return rollup && texts.Length == 0 ? new string?[] { null } : texts;
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static object? Number(ValueKind kind, JsonElement value) => value.ValueKind != JsonValueKind.Number ? null : kind switch
    {
        ValueKind.Long => (object)value.GetInt64(),
        ValueKind.Float => value.GetSingle(),
        _ => value.GetDouble(),
    };

    private static object? Combined(AggregatorKind kind, IEnumerable<object?> values)
    {
        var present = values.Where(v => v is not null).ToList();
        if (present.Count == 0)
            return null;
        return kind switch
        {
            AggregatorKind.Count or AggregatorKind.LongSum => (object)present.Sum(v => (long)v!),
            AggregatorKind.LongMin or AggregatorKind.DoubleMin or AggregatorKind.FloatMin => present.Min(),
            AggregatorKind.LongMax or AggregatorKind.DoubleMax or AggregatorKind.FloatMax => present.Max(),
            AggregatorKind.DoubleSum => present.Sum(v => (double)v!),
            _ => present.Sum(v => (float)v!),
        };
    }

    private static int Compare(NaiveRow left, NaiveRow right)
    {
        var order = left.Time.CompareTo(right.Time);
        for (var i = 0; order == 0 && i < left.Dimensions.Length; i++)
            order = Compare(left.Dimensions[i], right.Dimensions[i]);
        return order;
    }

    private static int Compare(object? left, object? right) => (left, right) switch
    {
        (string?[] l, string?[] r) => Lists(l.Length == 0 ? [null] : l, r.Length == 0 ? [null] : r),
        (double l, double r) when l == r => double.IsNegative(r).CompareTo(double.IsNegative(l)),
        _ => Comparer<object>.Default.Compare(left, right),
    };

    private static int Lists(string?[] left, string?[] right)
    {
        for (var i = 0; i < left.Length && i < right.Length; i++)
        {
            var order = string.CompareOrdinal(left[i], right[i]);
            if (order != 0)
                return order;
        }

        return left.Length - right.Length;
    }

    private sealed record NaiveRow(long Time, object?[] Dimensions, object?[] Metrics);
}
