using System.Buffers;
using System.Buffers.Binary;
using Ingestion.IndexTask.Segment.Codecs;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Druid's block-compressed payload: a stream of bytes in LZ4 blocks behind the list of where each begins.</summary>
internal static class PayloadReader
{
    public static byte[] Read(SegmentCursor cursor)
    {
        var starts = cursor.Take(cursor.CountLittleEndian()).Span;
        var blocks = cursor.Take(cursor.CountLittleEndian()).Span;
        if (starts.Length < sizeof(int) || starts.Length % sizeof(int) != 0)
            throw cursor.Invalid($"{starts.Length} bytes cannot say where blocks begin");
        var (stream, block) = (new ArrayBufferWriter<byte>(), new byte[PayloadBlocks.BlockBytes]);
        for (var at = 0; at + sizeof(int) < starts.Length; at += sizeof(int))
        {
            var (start, end) = (BinaryPrimitives.ReadInt32LittleEndian(starts[at..]), BinaryPrimitives.ReadInt32LittleEndian(starts[(at + sizeof(int))..]));
            if (start < 0 || end < start || end > blocks.Length)
                throw cursor.Invalid($"a block from {start} to {end} of {blocks.Length} bytes");
            var size = Lz4.Decompress(blocks[start..end], block);
            if (size < 0)
                throw cursor.Invalid($"block {at / sizeof(int)} is damaged");
            if ((long)stream.WrittenCount + size > Array.MaxLength)
                throw cursor.Unsupported("a payload of more than 2 GiB");
            stream.Write(block.AsSpan(0, size));
        }

        return stream.WrittenSpan.ToArray();
    }
}
