using System.Buffers;
using System.Numerics;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>The values of a string column, in full or front coded.</summary>
internal static class DictionaryReader
{
    public static Utf8Dictionary Read(SegmentCursor cursor) => cursor.Peek() == FrontCodedWriter.Marker ? ReadFrontCoded(cursor) : ReadUtf8(cursor);

    private static Utf8Dictionary ReadUtf8(SegmentCursor cursor)
    {
        var list = new IndexedList(cursor);
        var hasNull = list.Count > 0 && list.IsNull(0);
        var bytes = new ArrayBufferWriter<byte>(Math.Max(1, list.ValuesSize));
        var ends = new int[list.Count - (hasNull ? 1 : 0)];
        for (var i = 0; i < ends.Length; i++)
        {
            // Elements of a damaged list may overlap; their sum must stay within what the list holds.
            bytes.Write(list[i + (hasNull ? 1 : 0)]);
            if (bytes.WrittenCount > list.ValuesSize)
                throw cursor.Invalid("values of the dictionary overlap");
            ends[i] = bytes.WrittenCount;
        }

        return new(hasNull, bytes.WrittenMemory, ends);
    }

    private static Utf8Dictionary ReadFrontCoded(SegmentCursor cursor)
    {
        cursor.Byte();
        var encoding = cursor.Byte();
        var version = cursor.Byte();
        if (encoding != FrontCodedWriter.EncodingId || version > 1)
            throw cursor.Unsupported($"dictionary encoding {encoding}, version {version}");
        int bucketSize = cursor.Byte();
        var hasNull = cursor.Byte() == 1;
        var count = cursor.VByte();
        var data = cursor.Part(cursor.VByte());
        if (!BitOperations.IsPow2(bucketSize) || count > data.Remaining)
            throw cursor.Invalid($"a dictionary of {count} values in buckets of {bucketSize} in {data.Remaining} bytes");

        // Buckets follow each other without gaps, so their offsets only have to be passed over.
        var buckets = ((long)count + bucketSize - 1) / bucketSize;
        data.Take(4 * Math.Max(0, buckets - 1));
        var bytes = new ArrayBufferWriter<byte>(Math.Max(256, data.Remaining));
        var ends = new int[count];
        for (int i = 0, sharedFrom = 0, previous = 0; i < count; i++)
        {
            var start = bytes.WrittenCount;
            if (i % bucketSize == 0)
                sharedFrom = start;
            else
                Copy(bytes, version == 0 ? sharedFrom : previous, version == 0 ? ends[i - (i % bucketSize)] : start, data);
            bytes.Write(data.Take(data.VByte()).Span);
            ends[i] = bytes.WrittenCount;
            previous = start;
        }

        return new(hasNull, bytes.WrittenMemory, ends);
    }

    private static void Copy(ArrayBufferWriter<byte> bytes, int from, int end, SegmentCursor data)
    {
        var shared = data.VByte();
        if (shared > end - from)
            throw data.Invalid($"{shared} bytes shared with a value of {end - from}");
        if ((long)bytes.WrittenCount + shared + data.Remaining > int.MaxValue)
            throw data.Unsupported("a dictionary of more than 2 GiB");
        var target = bytes.GetSpan(shared);
        bytes.WrittenSpan.Slice(from, shared).CopyTo(target);
        bytes.Advance(shared);
    }
}
