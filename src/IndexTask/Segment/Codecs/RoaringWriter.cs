using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Codecs;

/// <summary>
/// Row sets in Roaring's portable format, little-endian, "run optimised" as Druid does it: a container of 65,536 rows becomes runs when
/// that is strictly smaller than its other form (an array up to 4096 rows, else a bitmap).
/// </summary>
internal static class RoaringWriter
{
    public const int ArrayLimit = 4096;
    public const int BitmapBytes = 8192;
    public const uint CookieWithoutRuns = 12346;
    public const uint CookieWithRuns = 12347;

    /// <summary>With fewer containers than this, a set with runs has no offsets.</summary>
    public const int OffsetsFrom = 4;

    private const int OneRowBytes = 18;

    /// <param name="rows">At least one row, strictly ascending, none negative.</param>
    /// <param name="output">Where the set is appended.</param>
    public static void Write(ReadOnlySpan<int> rows, SegmentOutput output)
    {
        if (rows.Length == 1)
        {
            WriteOneRow(rows[0], output.Ask(OneRowBytes));
            output.Advance(OneRowBytes);
            return;
        }

        if (rows.Length <= ArrayLimit && TryWriteArrays(rows, output))
            return;

        var most = Math.Min(rows.Length, (rows[^1] >> 16) - (rows[0] >> 16) + 1);
        var containers = most <= 256 ? stackalloc Container[most] : new Container[most];
        containers = containers[..Divide(rows, containers)];
        WriteHeader(containers, output);
        var from = 0;
        foreach (var container in containers)
        {
            var part = rows.Slice(from, container.Count);
            var target = output.Ask(container.Size);
            if (container.IsRuns)
                WriteRuns(part, container.Runs, target);
            else if (container.Count <= ArrayLimit)
                WriteArray(part, target);
            else
                WriteBitmap(part, target[..BitmapBytes]);
            output.Advance(container.Size);
            from += container.Count;
        }
    }

    private static void WriteOneRow(int row, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, CookieWithoutRuns);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], (uint)row >> 16);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], 16);
        BinaryPrimitives.WriteUInt16LittleEndian(target[16..], (ushort)row);
    }

    /// <summary>
    /// The common case of few rows without runs, in one pass: all containers are arrays, so their data is the low halves of all rows.
    /// Columns of many values have mostly such sets, and hundreds of thousands of them.
    /// </summary>
    /// <returns>False, with nothing written, when a container is better off as runs.</returns>
    private static bool TryWriteArrays(ReadOnlySpan<int> rows, SegmentOutput output)
    {
        const int fixedBytes = 8;
        var target = output.Ask(fixedBytes + (10 * rows.Length));
        var headers = MemoryMarshal.Cast<byte, uint>(target);
        int containers = 0, first = 0, followers = 0;
        for (var i = 1; i <= rows.Length; i++)
        {
            var previous = rows[i - 1];
            if (i < rows.Length && (rows[i] ^ previous) >> 16 == 0)
            {
                if (rows[i] - previous == 1)
                    followers++;
                continue;
            }

            var container = new Container(previous >> 16, i - first, i - first - followers);
            if (container.IsRuns)
                return false;
            headers[(fixedBytes / 4) + containers++] = (uint)container.Key | ((uint)(container.Count - 1) << 16);
            first = i;
            followers = 0;
        }

        headers[0] = CookieWithoutRuns;
        headers[1] = (uint)containers;
        var size = fixedBytes + (8 * containers);
        for (var i = 0; i < containers; i++)
        {
            headers[(fixedBytes / 4) + containers + i] = (uint)size;
            size += 2 * ((int)(headers[(fixedBytes / 4) + i] >> 16) + 1);
        }

        WriteArray(rows, target[(fixedBytes + (8 * containers))..size]);
        output.Advance(size);
        return true;
    }

    private static int Divide(ReadOnlySpan<int> rows, Span<Container> containers)
    {
        var count = 0;
        while (!rows.IsEmpty)
        {
            var key = rows[0] >> 16;
            var length = CountWithKey(rows, key);
            containers[count++] = new(key, length, CountRuns(rows[..length]));
            rows = rows[length..];
        }

        return count;
    }

    private static int CountWithKey(ReadOnlySpan<int> rows, int key)
    {
        int low = 0, high = Math.Min(rows.Length, 1 << 16);
        if (rows[high - 1] >> 16 == key)
            return high;
        while (high - low > 1)
        {
            var middle = (low + high) >> 1;
            if (rows[middle] >> 16 == key)
                low = middle;
            else
                high = middle;
        }

        return high;
    }

    private static int CountRuns(ReadOnlySpan<int> rows)
    {
        var followers = 0;
        var at = 1;
        if (rows.Length > Vector<int>.Count)
        {
            var sums = Vector<int>.Zero;
            for (; at + Vector<int>.Count <= rows.Length; at += Vector<int>.Count)
                sums -= Vector.Equals(new Vector<int>(rows[at..]) - new Vector<int>(rows[(at - 1)..]), Vector<int>.One);
            followers = Vector.Sum(sums);
        }

        for (; at < rows.Length; at++)
        {
            if (rows[at] - rows[at - 1] == 1)
                followers++;
        }

        return rows.Length - followers;
    }

    private static void WriteHeader(ReadOnlySpan<Container> containers, SegmentOutput output)
    {
        var hasRuns = false;
        foreach (var container in containers)
            hasRuns |= container.IsRuns;

        var flagBytes = hasRuns ? (containers.Length + 7) / 8 : 0;
        var start = hasRuns ? 4 + flagBytes : 8;
        var offsets = start + (4 * containers.Length);
        var size = !hasRuns || containers.Length >= OffsetsFrom ? offsets + (4 * containers.Length) : offsets;
        var target = output.Ask(size)[..size];
        target.Clear();
        if (hasRuns)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, CookieWithRuns | ((uint)(containers.Length - 1) << 16));
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, CookieWithoutRuns);
            BinaryPrimitives.WriteInt32LittleEndian(target[4..], containers.Length);
        }

        var position = size;
        for (var i = 0; i < containers.Length; i++)
        {
            if (containers[i].IsRuns)
                target[4 + (i >> 3)] |= (byte)(1 << (i & 7));
            BinaryPrimitives.WriteUInt16LittleEndian(target[(start + (4 * i))..], (ushort)containers[i].Key);
            BinaryPrimitives.WriteUInt16LittleEndian(target[(start + (4 * i) + 2)..], (ushort)(containers[i].Count - 1));
            if (size > offsets)
                BinaryPrimitives.WriteInt32LittleEndian(target[(offsets + (4 * i))..], position);
            position += containers[i].Size;
        }

        output.Advance(size);
    }

    private static void WriteRuns(ReadOnlySpan<int> rows, int runs, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)runs);
        var at = 2;
        var first = 0;
        for (var i = 1; i <= rows.Length; i++)
        {
            if (i < rows.Length && rows[i] - rows[i - 1] == 1)
                continue;
            BinaryPrimitives.WriteUInt16LittleEndian(target[at..], (ushort)rows[first]);
            BinaryPrimitives.WriteUInt16LittleEndian(target[(at + 2)..], (ushort)(i - 1 - first));
            at += 4;
            first = i;
        }
    }

    private static void WriteArray(ReadOnlySpan<int> rows, Span<byte> target)
    {
        var lows = MemoryMarshal.Cast<byte, ushort>(target)[..rows.Length];
        for (var i = 0; i < lows.Length; i++)
            lows[i] = (ushort)rows[i];
    }

    private static void WriteBitmap(ReadOnlySpan<int> rows, Span<byte> target)
    {
        target.Clear();
        var words = MemoryMarshal.Cast<byte, ulong>(target);
        foreach (var row in rows)
            words[(row >> 6) & 1023] |= 1UL << row;
    }

    private readonly record struct Container(int Key, int Count, int Runs)
    {
        private int PlainSize => Count <= ArrayLimit ? 2 * Count : BitmapBytes;

        private int RunSize => 2 + (4 * Runs);

        public bool IsRuns => RunSize < PlainSize;

        public int Size => IsRuns ? RunSize : PlainSize;
    }
}
