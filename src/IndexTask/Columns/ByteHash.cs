using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// A hash of bytes in the manner of wyhash: 64x64-bit multiplications folded to 64 bits, seeded per process so that nobody outside can
/// prepare values that collide. Hashes are never stored.
/// </summary>
internal static class ByteHash
{
    private const ulong P0 = 0xA0761D6478BD642F, P1 = 0xE7037ED1A0B428DB, P2 = 0x8EBC6AF09C88C6E3;
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() ^ P2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        ref var start = ref MemoryMarshal.GetReference(bytes);
        var length = (nuint)bytes.Length;
        ulong low, high, state = Seed;
        if (length <= 16)
        {
            if (length >= 8)
            {
                low = Read64(ref start, 0);
                high = Read64(ref start, length - 8);
            }
            else if (length >= 4)
            {
                low = Read32(ref start, 0);
                high = Read32(ref start, length - 4);
            }
            else if (length > 0)
            {
                low = ((ulong)start << 16) | ((ulong)Unsafe.Add(ref start, length >> 1) << 8) | Unsafe.Add(ref start, length - 1);
                high = 0;
            }
            else
            {
                low = high = 0;
            }
        }
        else
        {
            nuint at = 0;
            for (; at + 16 < length; at += 16)
                state = Fold(Read64(ref start, at) ^ P1, Read64(ref start, at + 8) ^ state);
            low = Read64(ref start, length - 16);
            high = Read64(ref start, length - 8);
        }

        var hash = Fold(P0 ^ length, Fold(low ^ P1, high ^ state));
        return (uint)hash ^ (uint)(hash >> 32);
    }

    /// <summary>Adds one more 64-bit value to a hash that began as 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add(ulong hash, ulong value) => Fold(hash ^ value ^ P1, P0 ^ Seed) + hash;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }

    private static ulong Read64(ref byte start, nuint at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));

    private static ulong Read32(ref byte start, nuint at) => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, at));
}
