using System.Buffers.Binary;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The sorted values of a string column, each in full or front coded.</summary>
internal static class DictionaryWriter
{
    public static void Write(Utf8Dictionary dictionary, StringDictionaryEncoding encoding, SegmentOutput output)
    {
        if (encoding is StringDictionaryEncoding.FrontCoded frontCoded)
            FrontCodedWriter.Write(dictionary, frontCoded, output);
        else
            WriteUtf8(dictionary, output);
    }

    // All sizes are known, so unlike other lists this one is written straight through, as it may have millions of elements.
    private static void WriteUtf8(Utf8Dictionary dictionary, SegmentOutput output)
    {
        const int marker = 4;
        var values = dictionary.Bytes;
        var ends = dictionary.Ends;
        var size = 4 + (4L * dictionary.Count) + ((long)marker * dictionary.Count) + values.Length;
        if (size > int.MaxValue - 4096)
            throw new SegmentListTooLargeException();

        output.Byte(1);
        output.Byte(1);
        output.Int32((int)size);
        output.Int32(dictionary.Count);
        var markers = 0;
        if (dictionary.HasNull)
            output.Int32(markers += marker);
        foreach (var end in ends)
            output.Int32(end + (markers += marker));

        if (dictionary.HasNull)
            output.Int32(-1);
        var start = 0;
        foreach (var end in ends)
        {
            var length = end - start;
            if (length <= SegmentOutput.MaxAsk - marker)
            {
                var target = output.Ask(marker + length);
                BinaryPrimitives.WriteInt32BigEndian(target, 0);
                values.Slice(start, length).CopyTo(target[marker..]);
                output.Advance(marker + length);
            }
            else
            {
                output.Int32(0);
                output.Write(values.Slice(start, length));
            }

            start = end;
        }
    }
}
