using System.Buffers.Binary;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Decodes a set of rows of either kind. What it says is checked against the number of rows, which bounds the work too.</summary>
internal static class BitmapReader
{
    /// <returns>The rows, strictly ascending. No bytes at all are the empty set.</returns>
    public static List<int> Rows(ReadOnlySpan<byte> bytes, BitmapKind kind, int rowCount, SegmentCursor cursor)
    {
        var rows = new RowList(rowCount, cursor);
        if (bytes.IsEmpty)
            return rows.Rows;
        if (kind == BitmapKind.Roaring)
            RoaringReader.Read(bytes, rows);
        else
            ReadConcise(bytes, rows);
        return rows.Rows;
    }

    /// <summary>
    /// Concise: big-endian words. With bit 31 a word is the next 31 rows as they are; without it, a run of blocks of 31 rows, all in the set
    /// (bit 30) or none, of which one row of the first block may be flipped.
    /// </summary>
    private static void ReadConcise(ReadOnlySpan<byte> bytes, RowList rows)
    {
        const int block = 31;
        if (bytes.Length % 4 != 0)
            throw rows.Damaged("its size is not a multiple of four");
        long row = 0;
        for (var at = 0; at < bytes.Length; at += 4)
        {
            var word = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            var isLiteral = (word & 0x80000000) != 0;
            var isOnes = !isLiteral && (word & 0x40000000) != 0;
            var flipped = isLiteral ? 0 : (int)((word >> 25) & 31);
            var first = isLiteral ? word & 0x7FFFFFFF : isOnes ? 0x7FFFFFFF : 0u;
            if (flipped > 0)
                first ^= 1u << (flipped - 1);
            for (var bit = 0; bit < block; bit++)
            {
                if ((first >> bit & 1) != 0)
                    rows.Add(row + bit);
            }

            row += block;
            if (isLiteral)
                continue;
            var more = (long)(word & 0x01FFFFFF) * block;
            for (var i = 0L; isOnes && i < more; i++)
                rows.Add(row + i);
            row += more;
        }
    }
}
