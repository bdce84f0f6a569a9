using System.Buffers.Binary;
using System.Text;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>
/// Reads the bytes of an internal file from front to back. Whatever the bytes say, it stays within them: everything else is an
/// <see cref="InvalidSegmentException"/>.
/// </summary>
internal sealed class SegmentCursor(ReadOnlyMemory<byte> bytes, string name)
{
    private ReadOnlyMemory<byte> rest = bytes;

    /// <summary>The internal file, which for a column is its name.</summary>
    public string Name { get; } = name;

    public int Remaining => rest.Length;

    public byte Byte() => Take(1).Span[0];

    /// <summary>The next byte, which stays to be read.</summary>
    public byte Peek() => rest.IsEmpty ? throw Invalid("ends early") : rest.Span[0];

    public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4).Span);

    public long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8).Span);

    /// <summary>A number of things or bytes: never negative.</summary>
    public int Count()
    {
        var count = Int32();
        return count >= 0 ? count : throw Invalid($"a count is negative: {count}");
    }

    /// <summary>The same in the parts whose framing is little-endian.</summary>
    public int CountLittleEndian()
    {
        var count = BinaryPrimitives.ReverseEndianness(Int32());
        return count >= 0 ? count : throw Invalid($"a count is negative: {count}");
    }

    public ReadOnlyMemory<byte> Take(long size)
    {
        if (size < 0 || size > rest.Length)
            throw Invalid($"ends early: {size} bytes are needed where {rest.Length} are left");
        var taken = rest[..(int)size];
        rest = rest[(int)size..];
        return taken;
    }

    public string Text() => Encoding.UTF8.GetString(Take(Count()).Span);

    /// <summary>A number of Druid's variable-length form, of which the high bit marks the last byte.</summary>
    public int VByte()
    {
        ulong number = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Byte();
            number |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) != 0)
                return number <= int.MaxValue ? (int)number : throw Invalid($"a number is too large: {number}");
        }

        throw Invalid("a variable-length number has no end");
    }

    /// <summary>A cursor over the next bytes of the same file.</summary>
    public SegmentCursor Part(int size) => new(Take(size), Name);

    public InvalidSegmentException Invalid(string what) => new($"[{Name}]: {what}");

    public UnsupportedSegmentException Unsupported(string what) => new(Name, what);
}
