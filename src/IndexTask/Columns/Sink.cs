using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// The open rows of one segment: one time chunk of one sequence. One thread appends; <see cref="RowCount"/> and
/// <see cref="BytesInMemory"/> may be asked by any.
/// </summary>
/// <param name="interval">The segment's time chunk; rows appended must lie within it.</param>
public sealed class Sink(DataSchema schema, Interval interval)
{
    private readonly RowStore rows = new(schema, interval);

    public Interval Interval { get; } = interval;

    /// <summary>Rows so far; with rollup, after merging.</summary>
    public int RowCount => rows.RowCount;

    /// <summary>Bytes allocated for rows and dictionaries.</summary>
    public long BytesInMemory => rows.Bytes;

    /// <summary>Adds a row of a parser with the same schema.</summary>
    public void Append(ParsedRow row) => rows.Append(row);

    /// <summary>The rows as a segment; nothing may be appended any more.</summary>
    /// <exception cref="InvalidOperationException">There are no rows: such a segment must not be written.</exception>
    public SegmentContent ToContent(IndexSpec indexSpec)
    {
        var count = rows.RowCount;
        if (count == 0)
            throw new InvalidOperationException($"the segment of {Interval} has no rows");
        var sorted = new SortedStrings?[rows.Dimensions.Length];
        List<SortKeys> keys = [];
        for (var i = 0; i < sorted.Length; i++)
        {
            var dimension = rows.Dimensions[i];
            sorted[i] = dimension.Strings is { } strings ? new SortedStrings(strings, count) : null;
            keys.AddRange(SortKeys.Of(dimension, sorted[i]));
        }

        var order = RowOrder.Of(rows.Times, count, keys);
        List<ColumnSource> dimensions = [], metrics = [];
        for (var i = 0; i < sorted.Length; i++)
        {
            var dimension = rows.Dimensions[i];
            dimensions.Add(dimension.Strings is { } strings ? new MemoryStrings(strings, sorted[i]!, order) : new MemoryNumbers(dimension.Numbers!, order));
        }

        foreach (var metric in rows.Metrics)
            metrics.Add(new MemoryNumbers(metric, order));
        var time = new long[count];
        for (var i = 0; i < count; i++)
            time[i] = rows.Times[order[i]];
        return new SegmentContent
        {
            IntervalStartMillis = Interval.StartMillis,
            IntervalEndMillis = Interval.EndMillis,
            RowCount = count,
            Time = time,
            Dimensions = dimensions,
            Metrics = metrics,
            IndexSpec = indexSpec,
            Metadata = MetadataJson.Of(schema, dimensions.Select(d => d.Name)),
        };
    }
}
