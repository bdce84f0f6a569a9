using Ingestion.IndexTask.Segment.Codecs;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>The blocks of a column, decompressed one at a time.</summary>
internal sealed class BlockReader
{
    private const byte Lzf = 0x00;
    private const byte Lz4Id = 0x01;
    private const byte Zstd = 0x02;
    private const byte Uncompressed = 0xFF;

    /// <summary>No block grows more than this when it is decompressed; keeps damaged counts from claiming memory.</summary>
    private const long MostExpansion = 256;

    private readonly SegmentCursor cursor;
    private readonly IndexedList list;
    private readonly int items;
    private readonly int perBlock;
    private readonly bool isCompressed;
    private readonly byte[] buffer;

    /// <param name="cursor">At the list of blocks.</param>
    /// <param name="compression">The format's number for the compression.</param>
    /// <param name="items">Number of values in all blocks together.</param>
    /// <param name="perBlock">Number of values in each block but the last.</param>
    /// <param name="bitsPerItem">Size of a value.</param>
    public BlockReader(SegmentCursor cursor, byte compression, int items, int perBlock, int bitsPerItem)
    {
        isCompressed = compression switch
        {
            Lz4Id => true,
            Uncompressed => false,
            Lzf => throw cursor.Unsupported("lzf compression"),
            Zstd => throw cursor.Unsupported("zstd compression"),
            _ => throw cursor.Invalid($"unknown compression {compression}"),
        };
        if (perBlock < 1 || (long)perBlock * bitsPerItem > 8L * BlockListWriter.MaxBlockBytes)
            throw cursor.Invalid($"blocks of {perBlock} values of {bitsPerItem} bits each");
        this.cursor = cursor;
        this.items = items;
        this.perBlock = perBlock;
        list = new IndexedList(cursor);
        Count = (int)(((long)items + perBlock - 1) / perBlock);
        if (list.Count < Count || (long)items * bitsPerItem / 8 > MostExpansion * list.ValuesSize)
            throw cursor.Invalid($"{items} values cannot be in {list.Count} blocks of {list.ValuesSize} bytes together");
        buffer = isCompressed ? new byte[BlockListWriter.MaxBlockBytes] : [];
    }

    public int Count { get; }

    public int PerBlock => perBlock;

    /// <summary>The number of values in a block.</summary>
    public int ItemsIn(int block) => Math.Min(perBlock, items - (block * perBlock));

    /// <summary>A block's bytes, at least as many as asked for; valid until the next block is asked for.</summary>
    public ReadOnlySpan<byte> Block(int index, long atLeast)
    {
        var stored = list[index];
        var block = stored;
        if (isCompressed)
        {
            var size = Lz4.Decompress(stored, buffer);
            block = size >= 0 ? buffer.AsSpan(0, size) : throw cursor.Invalid($"block {index} is damaged");
        }

        return block.Length >= atLeast ? block : throw cursor.Invalid($"block {index} has {block.Length} bytes, not {atLeast}");
    }
}
