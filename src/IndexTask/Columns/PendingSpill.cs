namespace Ingestion.IndexTask.Columns;

/// <summary>Rows that have left a sink's memory budget in principle but are not on disk yet.</summary>
public sealed class PendingSpill
{
    private readonly Sink sink;

    internal PendingSpill(Sink sink, RowStore rows, int index)
    {
        this.sink = sink;
        Rows = rows;
        Index = index;
    }

    /// <summary>Rows to be written.</summary>
    public int RowCount => Rows.RowCount;

    /// <summary>Bytes that writing them will free.</summary>
    public long Bytes => Rows.Bytes;

    internal RowStore Rows { get; }

    /// <summary>Among the sink's spills, in order of arrival.</summary>
    internal int Index { get; }

    /// <summary>Sorts and writes the rows, on any thread, while the sink takes further rows. Once; after a failure it may be tried again.</summary>
    /// <exception cref="IOException">The rows cannot be written; they stay in memory.</exception>
    public void Write(CancellationToken cancellation) => sink.Write(this, cancellation);
}
