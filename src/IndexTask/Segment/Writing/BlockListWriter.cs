using Ingestion.IndexTask.Segment.Codecs;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The blocks of a column, each compressed on its own, or, without compression, their bytes back to back.</summary>
internal sealed class BlockListWriter : IDisposable
{
    /// <summary>Readers decompress into a buffer of this size.</summary>
    public const int MaxBlockBytes = 65536;

    private readonly SegmentOutput output;
    private readonly ColumnCompression compression;
    private readonly Lz4Level level;
    private readonly IndexedListWriter? list;

    public BlockListWriter(SegmentOutput output, ColumnCompression compression, Lz4Level level, int blocks)
    {
        this.output = output;
        this.compression = compression;
        this.level = level;
        list = compression == ColumnCompression.None ? null : new IndexedListWriter(output, blocks, isSorted: false);
    }

    /// <summary>The format's number for a compression.</summary>
    public static byte IdOf(ColumnCompression compression) => compression switch
    {
        ColumnCompression.Lz4 => 0x01,
        ColumnCompression.Uncompressed => 0xFF,
        ColumnCompression.None => 0xFE,
        _ => throw new ArgumentOutOfRangeException(nameof(compression), compression, null),
    };

    /// <param name="block">At most <see cref="MaxBlockBytes"/> when there are blocks, any size otherwise.</param>
    public void Add(ReadOnlySpan<byte> block)
    {
        list?.Begin();
        if (compression == ColumnCompression.Lz4)
            output.Advance(Lz4.Compress(block, output.Ask(Lz4.Bound(block.Length)), level));
        else
            output.Write(block);
        list?.End();
    }

    public void Finish() => list?.Finish();

    public void Dispose() => list?.Dispose();
}
