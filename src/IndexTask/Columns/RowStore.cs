using System.Runtime.CompilerServices;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>The rows of a sink that are in memory, in order of arrival; with rollup, rows equal in time and dimensions are one.</summary>
internal sealed class RowStore
{
    private readonly DataSchema schema;
    private readonly Granularity queryGranularity;
    private readonly long intervalStart;
    private readonly AggregatorKind[] aggregators;
    private readonly NumberRows[] metrics;
    private readonly int[] metricCells;
    private readonly PairRows[] pairs;
    private readonly (int Cell, ValueKind Kind)[] rowTimes;
    private readonly int firstDimension;
    private readonly RollupIndex? rollup;
    private DimensionRows[] dimensions = [];
    private long[] key = [];
    private bool[] keyIsNull = [];
    private bool[] isDiscovered = [];
    private PendingText[] pending = [];
    private int rowCount;

    /// <param name="known">Dimensions of an earlier store of the sink, which come first; only those discovered matter.</param>
    public RowStore(DataSchema schema, Interval interval, ReadOnlySpan<DimensionRows> known)
    {
        this.schema = schema;
        queryGranularity = schema.QueryGranularity;
        intervalStart = interval.StartMillis;
        var plain = schema.Metrics.Select((m, i) => (Spec: m, Cell: ParsedRow.FirstMetric + i)).Where(m => !m.Spec.IsTimed).ToList();
        aggregators = [.. plain.Select(m => m.Spec.Kind)];
        metrics = [.. plain.Select(m => new NumberRows(m.Spec.Name, m.Spec.ValueKind))];
        metricCells = [.. plain.Select(m => m.Cell)];
        pairs = [.. PairsOf(schema)];
        rowTimes = [.. schema.Metrics.Select((m, i) => (m, Cell: ParsedRow.FirstMetric + i)).Where(m => m.m.ReadsRowTime).Select(m => (m.Cell, m.m.ValueKind))];
        firstDimension = ParsedRow.FirstDimension(schema);
        rollup = schema.Rollup ? new RollupIndex() : null;
        foreach (var dimension in schema.Dimensions)
            AddDimension(dimension);
        for (var i = dimensions.Length; i < known.Length; i++)
            AddDiscovered(known[i].Name, known[i].Cell);
    }

    /// <summary>Rows that may be read; may be asked by any thread.</summary>
    public int RowCount => Volatile.Read(ref rowCount);

    public ReadOnlySpan<DimensionRows> Dimensions => dimensions;

    /// <summary>But for those of first and last.</summary>
    public ReadOnlySpan<NumberRows> Metrics => metrics;

    /// <summary>Of the first and last aggregators.</summary>
    public ReadOnlySpan<PairRows> Pairs => pairs;

    public ChunkedArray<long> Times { get; } = new();

    /// <summary>Bytes allocated.</summary>
    public long Bytes
    {
        get
        {
            var bytes = Times.Bytes + (rollup?.Bytes ?? 0);
            foreach (var dimension in dimensions)
                bytes += dimension.Bytes;
            foreach (var metric in metrics)
                bytes += metric.Bytes;
            foreach (var pair in pairs)
                bytes += pair.Bytes;
            return bytes;
        }
    }

    public void Append(ParsedRow row)
    {
        // With granularity "all" the bucket begins before the segment does; Druid takes the later.
        var time = Math.Max(queryGranularity.Truncate(row.TimeMillis), intervalStart);
        if (schema.DiscoversDimensions)
            Discover(row);
        foreach (var (cell, kind) in rowTimes)
            row.Cells[cell] = Cell.Number(Aggregation.Bits(kind, row.TimeMillis));
        Encode(row);
        if (rollup is null)
        {
            Add(row, time);
            return;
        }

        var hash = KeyHash(time);
        for (var probe = hash; rollup.TryNext(hash, ref probe, out var known);)
        {
            if (!IsKey(known, time))
                continue;
            Merge(row, known);
            return;
        }

        rollup.Add(hash, rowCount);
        Add(row, time);
    }

    private static IEnumerable<PairRows> PairsOf(DataSchema schema)
    {
        var timeCell = ParsedRow.FirstMetric + schema.Metrics.Length;
        for (var i = 0; i < schema.Metrics.Length; i++)
        {
            if (schema.Metrics[i] is { IsTimed: true } timed)
                yield return new PairRows(timed, ParsedRow.FirstMetric + i, timed.TimeColumn is null ? null : timeCell++);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Encode(ParsedRow row)
    {
        var cells = row.Cells;
        var texts = 0;
        for (var i = 0; i < dimensions.Length; i++)
        {
            ref readonly var dimension = ref dimensions[i];
            ref var cell = ref cells[dimension.Cell];
            if (dimension.Strings is not { } strings)
            {
                key[i] = cell.Value;
                keyIsNull[i] = cell.Kind == CellKind.Null;
            }
            else if (cell.Kind == CellKind.Text)
            {
                pending[texts++] = new PendingText(i, strings.Values.PrefetchSlot(row.TextOf(cell)));
            }
            else
            {
                key[i] = strings.Code(row, cell);
            }
        }

        var found = pending.AsSpan(0, texts);
        foreach (ref readonly var text in found)
            dimensions[text.Dimension].Strings!.Values.PrefetchValue(text.Hash);
        foreach (ref readonly var text in found)
        {
            ref readonly var dimension = ref dimensions[text.Dimension];
            key[text.Dimension] = dimension.Strings!.Values.Intern(row.TextOf(cells[dimension.Cell]), text.Hash);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(ParsedRow row, long time)
    {
        var index = rowCount;
        Times.Append(index, time);
        for (var i = 0; i < dimensions.Length; i++)
        {
            ref readonly var dimension = ref dimensions[i];
            if (dimension.Strings is { } strings)
                strings.Append(index, (int)key[i]);
            else
                dimension.Numbers!.Append(index, key[i], keyIsNull[i]);
        }

        for (var i = 0; i < metrics.Length; i++)
        {
            ref var cell = ref row.Cells[metricCells[i]];
            if (aggregators[i] == AggregatorKind.Count)
                metrics[i].Append(index, 1, isNull: false);
            else
                metrics[i].Append(index, cell.Value, cell.Kind == CellKind.Null);
        }

        foreach (var pair in pairs)
            pair.Append(index, row);

        Volatile.Write(ref rowCount, index + 1);
    }

    private void Merge(ParsedRow row, int known)
    {
        for (var i = 0; i < metrics.Length; i++)
        {
            var (metric, kind) = (metrics[i], aggregators[i]);
            ref var cell = ref row.Cells[metricCells[i]];
            if (kind == AggregatorKind.Count)
                metric.Set(known, metric[known] + 1);
            else if (cell.Kind != CellKind.Null)
                metric.Set(known, metric.IsNull(known) ? cell.Value : Aggregation.Combine(kind, metric[known], cell.Value));
        }

        foreach (var pair in pairs)
            pair.Merge(known, row);
    }

    // Nulls add nothing, so a dimension discovered later does not change the hashes of the rows before it.
    private uint KeyHash(long time)
    {
        var hash = ByteHash.Add(0, (ulong)time);
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] != 0)
                hash += ByteHash.Add((ulong)(i + 1) << 56, (ulong)key[i]);
        }

        return (uint)(hash ^ (hash >> 32));
    }

    private bool IsKey(int row, long time)
    {
        if (Times[row] != time)
            return false;
        for (var i = 0; i < dimensions.Length; i++)
        {
            ref readonly var dimension = ref dimensions[i];
            if (dimension.Strings is { } strings)
            {
                if (strings[row] != (int)key[i])
                    return false;
            }
            else if (dimension.Numbers![row] != key[i] || dimension.Numbers.IsNull(row) != keyIsNull[i])
            {
                return false;
            }
        }

        return true;
    }

    // Dimensions take the order in which they are first met here (with a value, or with useSchemaDiscovery at all), which need not be the order in which the parser met them.
    private void Discover(ParsedRow row)
    {
        var names = row.DiscoveredDimensions;
        if (dimensions.Length - schema.Dimensions.Length == names.Count)
            return;
        for (var i = 0; i < names.Count; i++)
        {
            var cell = firstDimension + schema.Dimensions.Length + i;
            if (row.Cells[cell].Kind != CellKind.Null && (i >= isDiscovered.Length || !isDiscovered[i]))
                AddDiscovered(names[i], cell);
        }
    }

    private void AddDiscovered(string name, int cell)
    {
        var index = cell - firstDimension - schema.Dimensions.Length;
        if (index >= isDiscovered.Length)
            Array.Resize(ref isDiscovered, (index + 1) * 2);
        isDiscovered[index] = true;
        AddDimension(schema.Discovered(name), cell);
    }

    private void AddDimension(DimensionSchema dimension, int? cell = null)
    {
        var strings = dimension.Kind == ValueKind.String ? new StringRows(dimension.Name, dimension.MultiValueHandling, keepsEmptyLists: !schema.Rollup, dimension.HasBitmaps) : null;
        var numbers = dimension.Kind == ValueKind.String ? null : new NumberRows(dimension.Name, dimension.Kind);
        var at = cell ?? firstDimension + dimensions.Length;
        dimensions = [.. dimensions, new DimensionRows(at, strings, numbers)];
        Array.Resize(ref key, dimensions.Length);
        Array.Resize(ref keyIsNull, dimensions.Length);
        Array.Resize(ref pending, dimensions.Length);
    }

    /// <summary>A text on its way to an id. Without references: storing one costs as much as a hash.</summary>
    private readonly record struct PendingText(int Dimension, uint Hash);
}
