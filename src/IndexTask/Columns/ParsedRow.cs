using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// One event between parser and sink. It is reused for event after event: the parser copies the event into the row's own buffer, with
/// room behind it so that vectors may be read past the end, and leaves the cells pointing into that copy.
/// </summary>
public sealed class ParsedRow
{
    /// <summary>Zero bytes behind the event; no scan goes past the first of them and no load reaches past the last.</summary>
    internal const int Padding = 64;

    private const int TimeCell = 0;

    /// <summary>The cell of the first metric; the time columns of metrics follow the metrics, and the dimensions those.</summary>
    internal const int FirstMetric = 1;
    private byte[] buffer = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private int used;
    private Cell[] elements = new Cell[16];
    private int elementCount;

    /// <summary>The event's time in epoch milliseconds, not truncated.</summary>
    public long TimeMillis { get; internal set; }

    /// <summary>Cell 0 is the time as scanned, then come the metrics, the time columns of those that have one, and the dimensions, all in the order of the schema.</summary>
    internal Cell[] Cells { get; private set; } = new Cell[16];

    /// <summary>Cells in use; grows as dimensions are discovered.</summary>
    internal int CellCount { get; private set; }

    /// <summary>Names of the dimensions found in events so far, in the order of their cells; empty when the schema lists its dimensions.</summary>
    internal IReadOnlyList<string> DiscoveredDimensions { get; set; } = [];

    internal static int FirstDimension(DataSchema schema) => FirstMetric + schema.Metrics.Length + schema.Metrics.Count(m => m.TimeColumn is not null);

    internal ref Cell Time => ref Cells[TimeCell];

    internal byte[] Buffer => buffer;

    internal ReadOnlySpan<byte> TextOf(in Cell cell) => buffer.AsSpan((int)cell.Value, cell.Length);

    internal ReadOnlySpan<Cell> ElementsOf(in Cell cell) => elements.AsSpan((int)cell.Value, cell.Length);

    /// <summary>Takes a copy of the event and forgets the row before.</summary>
    internal void Begin(ReadOnlySpan<byte> json, int cellCount)
    {
        if (buffer.Length < json.Length + Padding)
            buffer = GC.AllocateUninitializedArray<byte>(Math.Max(json.Length + Padding, buffer.Length * 2), pinned: true);
        json.CopyTo(buffer);
        buffer.AsSpan(json.Length, Padding).Clear();
        used = json.Length + Padding;
        elementCount = 0;
        SetCellCount(cellCount);
        Cells.AsSpan(0, cellCount).Clear();
    }

    /// <summary>Makes room for cells of dimensions found in the middle of a row; they start as null.</summary>
    internal void SetCellCount(int count)
    {
        if (Cells.Length < count)
        {
            var larger = new Cell[Math.Max(count, Cells.Length * 2)];
            Cells.CopyTo(larger, 0);
            Cells = larger;
        }

        if (count > CellCount)
            Cells.AsSpan(CellCount, count - CellCount).Clear();
        CellCount = count;
    }

    /// <summary>Text that is not in the event as it stands. Padding stays behind it. Moves the buffer when it is full.</summary>
    internal Cell AddText(ReadOnlySpan<byte> text)
    {
        if (buffer.Length < used + text.Length + Padding)
        {
            var larger = GC.AllocateUninitializedArray<byte>(Math.Max(used + text.Length + Padding, buffer.Length * 2), pinned: true);
            buffer.AsSpan(0, used).CopyTo(larger);
            buffer = larger;
        }

        text.CopyTo(buffer.AsSpan(used));
        var cell = Cell.Text(used, text.Length);
        used += text.Length;
        return cell;
    }

    internal Cell AddText(string text)
    {
        var most = System.Text.Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = most <= 512 ? stackalloc byte[512] : new byte[most];
        return AddText(bytes[..System.Text.Encoding.UTF8.GetBytes(text, bytes)]);
    }

    internal int ElementCount => elementCount;

    internal void AddElement(in Cell cell)
    {
        if (elementCount == elements.Length)
            Array.Resize(ref elements, elementCount * 2);
        elements[elementCount++] = cell;
    }
}
