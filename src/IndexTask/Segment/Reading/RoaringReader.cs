using System.Buffers.Binary;
using System.Numerics;
using Ingestion.IndexTask.Segment.Codecs;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Roaring's portable format. Containers lie in order without gaps, so the offsets, where there are some, are not needed.</summary>
internal static class RoaringReader
{
    public static void Read(ReadOnlySpan<byte> bytes, RowList rows)
    {
        var data = new Data(bytes, rows);
        var cookie = BinaryPrimitives.ReadUInt32LittleEndian(data.Take(4));
        var hasRuns = (cookie & 0xFFFF) == RoaringWriter.CookieWithRuns;
        if (!hasRuns && cookie != RoaringWriter.CookieWithoutRuns)
            throw rows.Damaged($"unknown cookie {cookie}");
        var count = hasRuns ? (cookie >> 16) + 1 : BinaryPrimitives.ReadUInt32LittleEndian(data.Take(4));
        if (count > 1 << 16)
            throw rows.Damaged($"{count} containers");
        var runFlags = hasRuns ? data.Take((int)((count + 7) / 8)) : [];
        var headers = data.Take((int)(4 * count));
        if (!hasRuns || count >= RoaringWriter.OffsetsFrom)
            data.Take((int)(4 * count));

        for (var i = 0; i < count; i++)
        {
            var firstRow = (long)BinaryPrimitives.ReadUInt16LittleEndian(headers[(4 * i)..]) << 16;
            var cardinality = BinaryPrimitives.ReadUInt16LittleEndian(headers[((4 * i) + 2)..]) + 1;
            if (hasRuns && (runFlags[i >> 3] >> (i & 7) & 1) != 0)
                ReadRuns(ref data, firstRow, rows);
            else if (cardinality <= RoaringWriter.ArrayLimit)
                ReadArray(data.Take(2 * cardinality), firstRow, rows);
            else
                ReadBitmap(data.Take(RoaringWriter.BitmapBytes), firstRow, rows);
        }
    }

    private static void ReadRuns(ref Data data, long firstRow, RowList rows)
    {
        var count = BinaryPrimitives.ReadUInt16LittleEndian(data.Take(2));
        var runs = data.Take(4 * count);
        for (var i = 0; i < count; i++)
        {
            var start = firstRow + BinaryPrimitives.ReadUInt16LittleEndian(runs[(4 * i)..]);
            var last = start + BinaryPrimitives.ReadUInt16LittleEndian(runs[((4 * i) + 2)..]);
            for (var row = start; row <= last; row++)
                rows.Add(row);
        }
    }

    private static void ReadArray(ReadOnlySpan<byte> lows, long firstRow, RowList rows)
    {
        for (var at = 0; at < lows.Length; at += 2)
            rows.Add(firstRow + BinaryPrimitives.ReadUInt16LittleEndian(lows[at..]));
    }

    private static void ReadBitmap(ReadOnlySpan<byte> words, long firstRow, RowList rows)
    {
        for (var at = 0; at < words.Length; at += 8)
        {
            for (var word = BinaryPrimitives.ReadUInt64LittleEndian(words[at..]); word != 0; word &= word - 1)
                rows.Add(firstRow + (8 * at) + BitOperations.TrailingZeroCount(word));
        }
    }

    private ref struct Data(ReadOnlySpan<byte> bytes, RowList rows)
    {
        private readonly RowList rows = rows;
        private ReadOnlySpan<byte> rest = bytes;

        public ReadOnlySpan<byte> Take(int size)
        {
            if (size > rest.Length)
                throw rows.Damaged("ends early");
            var taken = rest[..size];
            rest = rest[size..];
            return taken;
        }
    }
}
