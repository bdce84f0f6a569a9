using System.Buffers.Binary;
using System.Text;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Druid's GenericIndexed, version 1. The bounds of an element are checked when it is asked for.</summary>
internal sealed class IndexedList
{
    private const int Marker = 4;

    private readonly SegmentCursor cursor;
    private readonly ReadOnlyMemory<byte> ends;
    private readonly ReadOnlyMemory<byte> values;

    public IndexedList(SegmentCursor cursor)
    {
        this.cursor = cursor;
        var version = cursor.Byte();
        if (version == 2)
            throw cursor.Unsupported("a list of more than 2 GiB (GenericIndexed version 2)");
        if (version != 1)
            throw cursor.Invalid($"a list has the unknown version {version}");
        cursor.Byte();
        var size = cursor.Count();
        Count = cursor.Count();
        ends = cursor.Take(4L * Count);
        values = cursor.Take(size - 4L - (4L * Count));
    }

    public int Count { get; }

    /// <summary>Size in bytes of all elements.</summary>
    public int ValuesSize => values.Length;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var start = index == 0 ? 0 : EndOf(index - 1);
            var end = EndOf(index);
            if (start < 0 || end > values.Length || end - (long)start < Marker)
                throw cursor.Invalid($"element {index} of a list lies outside it");
            return values.Span[(start + Marker)..end];
        }
    }

    /// <summary>Null is an empty element whose marker is negative; the empty string has the marker 0.</summary>
    public bool IsNull(int index) => this[index].IsEmpty && (values.Span[EndOf(index) - Marker] & 0x80) != 0;

    public List<string?> ToStrings()
    {
        var strings = new List<string?>(Count);
        for (var i = 0; i < Count; i++)
            strings.Add(IsNull(i) ? null : Encoding.UTF8.GetString(this[i]));
        return strings;
    }

    private int EndOf(int index) => BinaryPrimitives.ReadInt32BigEndian(ends.Span[(4 * index)..]);
}
