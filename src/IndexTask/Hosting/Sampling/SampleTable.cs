using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>The rows of a sample as a segment over all time would have them: a task's columns, with rollup where the schema has it.</summary>
internal sealed class SampleTable(DataSchema schema)
{
    private static readonly Interval AllTime = new(DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
    private readonly RowStore rows = new(schema, AllTime, []);
    private readonly List<Dictionary<string, object?>> scalars = []; // by row: those of columns whose type is found out, as they came
    private IReadOnlyList<string> discovered = [];

    public long Bytes => rows.Bytes;

    /// <param name="fields">What the row was made of.</param>
    /// <returns>The number of the table's row that it is now; null: rollup has merged it into an earlier one.</returns>
    public int? Add(ParsedRow row, FieldValues fields)
    {
        var before = rows.RowCount;
        rows.Append(row);
        discovered = row.DiscoveredDimensions;
        if (rows.RowCount == before) return null;
        var seen = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var name in schema.Dimensions.Where(d => d.Typing == DimensionTyping.Seen).Select(d => d.Name).Concat(schema.UsesSchemaDiscovery ? discovered : []))
            if (fields.Value(name) is var value and not (JsonMap or IReadOnlyList<object?>)) seen[name] = value;
        scalars.Add(seen);
        return before;
    }

    public long TimeOf(int row) => rows.Times[row];

    /// <summary>Those of the schema, and then those that were discovered in the order in which they were met, also where all values have been null.</summary>
    public IReadOnlyList<SampledDimension> Dimensions()
    {
        var stored = rows.Dimensions.ToArray();
        return
        [
            .. schema.Dimensions.Select((d, i) => new SampledDimension(AsItCame(SampledColumn.Of(stored[i])), d, IsDiscovered: false)),
            .. discovered.Select(name => new SampledDimension(AsItCame(stored.Skip(schema.Dimensions.Length).Where(s => s.Name == name).Select(SampledColumn.Of).FirstOrDefault() ?? SampledColumn.Empty(name)), schema.Discovered(name), IsDiscovered: true)),
        ];
    }

    /// <summary>A column whose type is found out shows scalars as they came, and only its type tells what they will be stored as; so does Druid.</summary>
    private SampledColumn AsItCame(SampledColumn column) => column with { Value = row => scalars[row].TryGetValue(column.Name, out var scalar) ? scalar : column.Value(row) };

    /// <summary>In the order of the schema.</summary>
    public IReadOnlyList<SampledColumn> Metrics()
    {
        var columns = new Dictionary<string, SampledColumn>(StringComparer.Ordinal);
        foreach (var metric in rows.Metrics) columns[metric.Name] = SampledColumn.Of(metric);
        foreach (var pair in rows.Pairs) columns[pair.Name] = SampledColumn.Of(pair);
        return [.. schema.Metrics.Select(m => columns[m.Name])];
    }
}

/// <param name="Schema">As the spec has it, or discovery.</param>
internal sealed record SampledDimension(SampledColumn Column, DimensionSchema Schema, bool IsDiscovered);
