using System.Buffers;
using Ingestion.IndexTask.Segment.Codecs;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The part <c>stringDictionary</c>: sorted dictionary, rows of ids, and, unless the column is to go without, for each id the set of rows that hold it.</summary>
internal static class StringColumnWriter
{
    private const byte Uncompressed = 0;
    private const byte UncompressedMulti = 1;
    private const byte Compressed = 2;
    private const byte UncompressedWithFlags = 3;
    private const int UncompressedMultiFlag = 1;
    private const int MultiValueFlag = 2;
    private const int NoBitmapsFlag = 4;
    private const byte MultiValueVersion = 3;
    private const byte UncompressedMultiVersion = 1;

    /// <summary>Whether the column holds nothing but null, and so is written without data.</summary>
    public static bool IsNullOnly(Utf8Dictionary dictionary) => dictionary is { HasNull: true, Count: 1 };

    public static void WriteNullOnly(int rowCount, SegmentOutput output) =>
        output.Text($$$"""{"valueType":"STRING","hasMultipleValues":false,"parts":[{"type":"null","numRows":{{{rowCount}}},"bitmapSerdeFactory":{"type":"roaring"}}]}""");

    public static void Write(Utf8Dictionary dictionary, ReadOnlySpan<int> ids, bool hasBitmaps, IndexSpec spec, SegmentOutput output)
    {
        using var rows = hasBitmaps ? RowsByValue.OfSingle(ids, dictionary.Count) : null;
        var compressed = spec.DimensionCompression == ColumnCompression.Lz4;
        WriteDescriptor(multi: false, output);
        WriteVersion(compressed ? Compressed : Uncompressed, 0, hasBitmaps, output);
        DictionaryWriter.Write(dictionary, spec.StringDictionaryEncoding, output);
        if (compressed)
            IdBlocks.WriteCompressed(ids, dictionary.Count, spec.Lz4Level, output);
        else
            IdBlocks.WriteUncompressed(ids, dictionary.Count, output);
        if (rows is not null)
            WriteBitmaps(rows, output);
    }

    public static void WriteMulti(Utf8Dictionary dictionary, ReadOnlySpan<int> rowEnds, ReadOnlySpan<int> ids, bool hasBitmaps, IndexSpec spec, SegmentOutput output)
    {
        using var rows = hasBitmaps ? RowsByValue.OfMulti(rowEnds, ids, dictionary.Count) : null;
        var compressed = spec.DimensionCompression == ColumnCompression.Lz4;
        WriteDescriptor(multi: true, output);
        WriteVersion(compressed ? Compressed : UncompressedMulti, compressed ? MultiValueFlag : UncompressedMultiFlag, hasBitmaps, output);
        DictionaryWriter.Write(dictionary, spec.StringDictionaryEncoding, output);
        if (compressed)
            WriteCompressedRows(rowEnds, ids, dictionary.Count, spec.Lz4Level, output);
        else
            WriteUncompressedRows(rowEnds, ids, dictionary.Count, output);
        if (rows is not null)
            WriteBitmaps(rows, output);
    }

    // The versions of uncompressed rows say by themselves what a flag would, but not that there are no bitmaps.
    private static void WriteVersion(byte version, int flags, bool hasBitmaps, SegmentOutput output)
    {
        if (!hasBitmaps)
            (version, flags) = (version == Compressed ? Compressed : UncompressedWithFlags, flags | NoBitmapsFlag);
        output.Byte(version);
        if (version >= Compressed)
            output.Int32(flags);
    }

    private static void WriteDescriptor(bool multi, SegmentOutput output) =>
        output.Text($$$"""{"valueType":"STRING","hasMultipleValues":{{{(multi ? "true" : "false")}}},"parts":[{"type":"stringDictionary","bitmapSerdeFactory":{"type":"roaring"},"byteOrder":"LITTLE_ENDIAN"}]}""");

    private static void WriteCompressedRows(ReadOnlySpan<int> rowEnds, ReadOnlySpan<int> ids, int values, Lz4Level level, SegmentOutput output)
    {
        output.Byte(MultiValueVersion);
        output.Byte(2);
        var offsets = ArrayPool<int>.Shared.Rent(rowEnds.Length + 1);
        offsets[0] = 0;
        rowEnds.CopyTo(offsets.AsSpan(1));
        IdBlocks.WriteBlocks(offsets.AsSpan(0, rowEnds.Length + 1), sizeof(int), level, output);
        ArrayPool<int>.Shared.Return(offsets);
        IdBlocks.WriteCompressed(ids, values, level, output);
    }

    private static void WriteUncompressedRows(ReadOnlySpan<int> rowEnds, ReadOnlySpan<int> ids, int values, SegmentOutput output)
    {
        var bytesPerId = IdBlocks.BytesPerId(values);
        output.Byte(UncompressedMultiVersion);
        output.Byte((byte)bytesPerId);
        output.Int32(checked((int)(4 + (4L * rowEnds.Length) + IdBlocks.PaddedSize(ids.Length, bytesPerId))));
        output.Int32(rowEnds.Length);
        foreach (var end in rowEnds)
            output.Int32(end * bytesPerId);
        IdBlocks.WriteBigEndian(ids, bytesPerId, output);
    }

    private static void WriteBitmaps(RowsByValue rows, SegmentOutput output)
    {
        using var list = new IndexedListWriter(output, rows.Count, isSorted: false);
        for (var id = 0; id < rows.Count; id++)
        {
            list.Begin();
            RoaringWriter.Write(rows[id], output);
            list.End();
        }

        list.Finish();
    }
}
