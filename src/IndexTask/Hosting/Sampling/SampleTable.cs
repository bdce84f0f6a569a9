using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>The rows of a sample as a segment over all time would have them: a task's columns, with rollup where the schema has it.</summary>
internal sealed class SampleTable(DataSchema schema)
{
    private static readonly Interval AllTime = new(DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
    private readonly RowStore rows = new(schema, AllTime, []);
    private IReadOnlyList<string> discovered = [];

    public long Bytes => rows.Bytes;

    /// <returns>The number of the table's row that it is now; null: rollup has merged it into an earlier one.</returns>
    public int? Add(ParsedRow row)
    {
        var before = rows.RowCount;
        rows.Append(row);
        discovered = row.DiscoveredDimensions;
        return rows.RowCount > before ? before : null;
    }

    public long TimeOf(int row) => rows.Times[row];

    /// <summary>Those of the schema, and then those that were discovered in the order in which they were met, also where all values have been null.</summary>
    public IReadOnlyList<SampledDimension> Dimensions()
    {
        var stored = rows.Dimensions.ToArray();
        return
        [
            .. schema.Dimensions.Select((d, i) => new SampledDimension(SampledColumn.Of(stored[i]), d)),
            .. discovered.Select(name => new SampledDimension(stored.Skip(schema.Dimensions.Length).Where(s => s.Name == name).Select(SampledColumn.Of).FirstOrDefault() ?? SampledColumn.Empty(name), schema.Discovered(name))),
        ];
    }

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
internal sealed record SampledDimension(SampledColumn Column, DimensionSchema Schema);
