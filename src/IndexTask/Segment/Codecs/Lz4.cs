using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Segment.Codecs;

/// <summary>Raw LZ4 blocks (no frame, no size, no checksum) through the system's liblz4.</summary>
internal static unsafe partial class Lz4
{
    /// <summary>What Druid compresses with; equal level and input give equal bytes.</summary>
    private const int DruidsLevel = 9;

    private const string Library = "liblz4.so.1";

    /// <summary>The most bytes that a block of <paramref name="size"/> bytes can become.</summary>
    public static int Bound(int size) => size + (size / 255) + 16;

    /// <returns>The number of bytes written, given room for <see cref="Bound"/>.</returns>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> target, Lz4Level level)
    {
        fixed (byte* from = source, to = target)
        {
            var written = level == Lz4Level.High
                ? CompressHigh(from, to, source.Length, target.Length, DruidsLevel)
                : CompressFast(from, to, source.Length, target.Length);
            return written > 0
                ? written
                : throw new ArgumentException($"{target.Length} bytes are not enough to compress {source.Length}", nameof(target));
        }
    }

    /// <returns>The number of bytes written, or a negative number when the block is damaged or needs more than the room given.</returns>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
            return DecompressSafe(from, to, source.Length, target.Length);
    }

    [LibraryImport(Library, EntryPoint = "LZ4_compress_default")]
    private static partial int CompressFast(byte* source, byte* target, int sourceSize, int targetCapacity);

    [LibraryImport(Library, EntryPoint = "LZ4_compress_HC")]
    private static partial int CompressHigh(byte* source, byte* target, int sourceSize, int targetCapacity, int level);

    [LibraryImport(Library, EntryPoint = "LZ4_decompress_safe")]
    private static partial int DecompressSafe(byte* source, byte* target, int sourceSize, int targetCapacity);
}
