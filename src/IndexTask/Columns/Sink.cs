using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// The open rows of one segment: one time chunk of one sequence. One thread appends and begins spills; the counts may be asked by any
/// thread, and a <see cref="PendingSpill"/> may be written by another.
/// </summary>
/// <param name="interval">The segment's time chunk; rows appended must lie within it.</param>
/// <param name="spillDirectory">An existing directory for temporary files of this sink alone; null: it cannot spill.</param>
public sealed class Sink(DataSchema schema, Interval interval, string? spillDirectory = null) : IDisposable
{
    private readonly Lock sync = new();
    private readonly List<SpillFile?> spills = [];
    private readonly List<PendingSpill> pending = [];
    private RowStore rows = new(schema, interval, []);
    private PendingSpill? final;
    private bool isDisposed;

    public Interval Interval { get; } = interval;

    /// <summary>Rows so far. With rollup those in memory are merged, and rows of different spills will be.</summary>
    public int RowCount
    {
        get
        {
            lock (sync)
                return rows.RowCount + pending.Sum(p => p.RowCount) + spills.Sum(s => s?.Layout.RowCount ?? 0);
        }
    }

    /// <summary>Rows that the next spill would write.</summary>
    public int RowsInMemory => rows.RowCount;

    /// <summary>Bytes that the next spill would free.</summary>
    public long BytesToSpill => rows.Bytes;

    /// <summary>Bytes allocated for rows and dictionaries, those of spills not yet written included.</summary>
    public long BytesInMemory
    {
        get
        {
            lock (sync)
                return rows.Bytes + pending.Sum(p => p.Bytes);
        }
    }

    /// <summary>Bytes of the temporary files.</summary>
    public long SpilledBytes
    {
        get
        {
            lock (sync)
                return spills.Sum(s => s?.Bytes ?? 0);
        }
    }

    /// <summary>Whether the rows in memory have reached a limit.</summary>
    /// <param name="maxRows">Rows; see <see cref="TuningConfig.MaxRowsInMemory"/>.</param>
    /// <param name="maxBytes">Bytes; none when not positive.</param>
    public bool IsFull(int maxRows, long maxBytes) => rows.RowCount >= maxRows || (maxBytes > 0 && rows.Bytes >= maxBytes);

    /// <summary>Adds a row. All rows of a sink that discovers its dimensions must come from one parser.</summary>
    /// <exception cref="ArgumentException">The row's time is not in the interval: no query would find it.</exception>
    public void Append(ParsedRow row)
    {
        if (!Interval.Contains(row.TimeMillis))
            throw new ArgumentException($"a row of {IsoTime.Write(row.TimeMillis)} does not belong into {Interval}", nameof(row));
        rows.Append(row);
    }

    /// <summary>Writes the rows in memory to a temporary file.</summary>
    /// <exception cref="IOException">They cannot be written; they stay in memory.</exception>
    public void Spill(CancellationToken cancellation) => BeginSpill()?.Write(cancellation);

    /// <summary>Sets the rows in memory apart to be written while further rows are appended.</summary>
    /// <returns>Null when there are no rows.</returns>
    public PendingSpill? BeginSpill()
    {
        if (spillDirectory is null)
            throw new InvalidOperationException("the sink has no directory to spill to");
        if (rows.RowCount == 0)
            return null;
        lock (sync)
        {
            var spill = new PendingSpill(this, rows, spills.Count);
            spills.Add(null);
            pending.Add(spill);
            // The same dimensions in the same order, so that all spills are sorted alike.
            rows = new RowStore(schema, Interval, rows.Dimensions);
            return spill;
        }
    }

    /// <summary>The rows as a segment. Nothing may be appended any more, and the sink must not be disposed before the segment is written. After
    /// a failure it may be asked for again.</summary>
    /// <exception cref="IOException">The last rows cannot be spilled.</exception>
    /// <exception cref="InvalidOperationException">There are no rows (such a segment must not be written), or a spill is still pending.</exception>
    public SegmentContent ToContent(IndexSpec indexSpec, CancellationToken cancellation = default)
    {
        if (pending.Exists(spill => spill != final))
            throw new InvalidOperationException($"{pending.Count} spills of {Interval} are still being written");
        if (RowCount == 0)
            throw new InvalidOperationException($"the segment of {Interval} has no rows");
        if (spills.Count == 0)
            return SinkContent.OfMemory(schema, Interval, indexSpec, rows);
        final ??= BeginSpill();
        if (final is not null && pending.Contains(final))
            final.Write(cancellation);
        return SinkContent.OfSpills(schema, Interval, indexSpec, [.. spills.Select(s => s!)], rows.Dimensions.ToArray(), cancellation);
    }

    /// <summary>Deletes the temporary files.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var spill in spills)
            spill?.Dispose();
    }

    internal void Write(PendingSpill spill, CancellationToken cancellation)
    {
        var file = SpillFile.Write(Path.Combine(spillDirectory!, $"{spill.Index}.spill"), spill.Rows, cancellation);
        lock (sync)
        {
            spills[spill.Index] = file;
            pending.Remove(spill);
        }
    }
}
