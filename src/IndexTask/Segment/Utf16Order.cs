using System.Buffers.Binary;
using System.Numerics;

namespace Ingestion.IndexTask.Segment;

/// <summary>
/// Java's string order (UTF-16 code units, what <c>string.CompareOrdinal</c> does) over UTF-8 bytes. It differs from the order of the bytes
/// in one place: characters beyond U+FFFF (first byte F0 and up) come before U+E000 to U+FFFF (first byte EE or EF), because UTF-16
/// writes them with surrogates.
/// </summary>
public static class Utf16Order
{
    /// <summary>Negative, zero or positive as <paramref name="left"/> sorts before, with or after <paramref name="right"/>.</summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var shared = Math.Min(left.Length, right.Length);
        var at = 0;
        while (at + sizeof(ulong) <= shared)
        {
            var difference = BinaryPrimitives.ReadUInt64LittleEndian(left[at..]) ^ BinaryPrimitives.ReadUInt64LittleEndian(right[at..]);
            if (difference != 0)
            {
                at += BitOperations.TrailingZeroCount(difference) >> 3;
                return Rank(left[at]) - Rank(right[at]);
            }

            at += sizeof(ulong);
        }

        for (; at < shared; at++)
        {
            if (left[at] != right[at])
                return Rank(left[at]) - Rank(right[at]);
        }

        return left.Length - right.Length;
    }

    /// <summary>
    /// The first eight bytes as a number that sorts as the values do: when the keys of two values differ, so does their order, in the same
    /// direction; when they are equal, <see cref="Compare"/> decides. Lets a sort compare numbers most of the time.
    /// </summary>
    public static ulong Key(ReadOnlySpan<byte> value)
    {
        ulong key;
        if (value.Length >= sizeof(ulong))
        {
            key = BinaryPrimitives.ReadUInt64BigEndian(value);
        }
        else
        {
            key = 0;
            for (var i = 0; i < value.Length; i++)
                key |= (ulong)value[i] << (56 - (8 * i));
        }

        // Only first bytes of characters are EE or above, so ASCII and most text pass here as they are.
        return HasByteFromEE(key) ? Ranked(key) : key;
    }

    private static bool HasByteFromEE(ulong key) => (key & 0x8080808080808080 & (((key & 0x7F7F7F7F7F7F7F7F) + 0x1212121212121212))) != 0;

    private static ulong Ranked(ulong key)
    {
        ulong ranked = 0;
        for (var shift = 56; shift >= 0; shift -= 8)
            ranked |= (ulong)Rank((byte)(key >> shift)) << shift;
        return ranked;
    }

    // EE and EF move behind F0 to F4; where the bytes first differ they are either both first bytes or both later ones.
    private static int Rank(byte unit) => unit < 0xEE ? unit : unit < 0xF0 ? unit + 0x10 : unit - 2;
}
