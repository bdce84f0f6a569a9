using System.Buffers.Binary;

namespace Ingestion.IndexTask.Segment.Codecs;

/// <summary>
/// Numbers of equal width one after another, most significant bit first (the packing of <c>longEncoding: auto</c>). The last byte is filled
/// with zeros and four zero bytes follow, so that readers may load whole words.
/// </summary>
internal static class BitPacking
{
    public const int Padding = 4;

    private const int MaxBlockBytes = 65536;

    private static ReadOnlySpan<byte> Widths => [1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64];

    public static bool IsWidth(int bits) => bits is > 0 and <= 64 && Widths.Contains((byte)bits);

    /// <summary>The smallest width for numbers from 0 to <paramref name="largest"/>.</summary>
    public static int WidthFor(ulong largest)
    {
        foreach (var bits in Widths)
        {
            if (bits == 64 || largest >> bits == 0)
                return bits;
        }

        return 64;
    }

    /// <summary>Packed size in bytes, padding included.</summary>
    public static long SizeOf(int bits, long count) => (((bits * count) + 7) / 8) + Padding;

    /// <summary>The largest power of two of numbers whose packed size is at most 64 KiB.</summary>
    public static int PerBlock(int bits)
    {
        var count = 1;
        while (SizeOf(bits, count * 2L) <= MaxBlockBytes)
            count *= 2;
        return count;
    }

    /// <summary>Packs into exactly <see cref="SizeOf"/> bytes.</summary>
    public static void Pack(ReadOnlySpan<ulong> numbers, int bits, Span<byte> target)
    {
        var at = 0;
        if (bits % 8 == 0)
        {
            foreach (var number in numbers)
            {
                for (var shift = bits - 8; shift >= 0; shift -= 8)
                    target[at++] = (byte)(number >> shift);
            }
        }
        else
        {
            ulong pending = 0;
            var held = 0;
            foreach (var number in numbers)
            {
                pending = (pending << bits) | number;
                for (held += bits; held >= 8; held -= 8)
                    target[at++] = (byte)(pending >> (held - 8));
            }

            if (held > 0)
                target[at++] = (byte)(pending << (8 - held));
        }

        target.Slice(at, Padding).Clear();
    }

    /// <summary>The number at <paramref name="index"/>; the caller has checked that it lies within <paramref name="packed"/>.</summary>
    public static ulong Unpack(ReadOnlySpan<byte> packed, int bits, int index)
    {
        var bit = (long)bits * index;
        var at = (int)(bit >> 3);
        if (bits % 8 != 0)
        {
            // At most 4 bits to skip and 20 to take: always within one 32-bit word, which the padding makes readable.
            var word = BinaryPrimitives.ReadUInt32BigEndian(packed[at..]);
            return (word << (int)(bit & 7)) >> (32 - bits);
        }

        ulong number = 0;
        for (var i = 0; i < bits / 8; i++)
            number = (number << 8) | packed[at + i];
        return number;
    }
}
