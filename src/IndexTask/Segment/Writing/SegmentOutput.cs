using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>
/// A file written from front to back through one large buffer, in which headers can be left open and filled in later: the format puts
/// sizes and offsets before what they describe. Big-endian, as all of the format's framing is.
/// </summary>
internal sealed class SegmentOutput : IDisposable
{
    /// <summary>The most that <see cref="Ask"/> gives at a time.</summary>
    public const int MaxAsk = 1 << 20;

    private readonly SafeFileHandle file;
    private readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxAsk);
    private int used;
    private long flushed;

    public SegmentOutput(string path) => file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);

    public long Position => flushed + used;

    /// <summary>Room to write to, at least <paramref name="size"/> bytes of unknown content; counts only once it is advanced over.</summary>
    public Span<byte> Ask(int size)
    {
        if (buffer.Length - used < size)
            Flush();
        return buffer.AsSpan(used);
    }

    public void Advance(int size) => used += size;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > buffer.Length - used)
            Flush();
        if (bytes.Length > buffer.Length)
        {
            RandomAccess.Write(file, bytes, flushed);
            flushed += bytes.Length;
            return;
        }

        bytes.CopyTo(buffer.AsSpan(used));
        used += bytes.Length;
    }

    public void Byte(byte value)
    {
        Ask(1)[0] = value;
        used++;
    }

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Ask(4), value);
        used += 4;
    }

    /// <summary>For the few parts whose framing is little-endian.</summary>
    public void Int32LittleEndian(int value) => Int32(BinaryPrimitives.ReverseEndianness(value));

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Ask(8), value);
        used += 8;
    }

    /// <summary>The format's strings: length in bytes, then UTF-8.</summary>
    public void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Int32(bytes.Length);
        Write(bytes);
    }

    /// <summary>Leaves bytes open for <see cref="Patch"/>, however many.</summary>
    /// <returns>Where they begin.</returns>
    public long Reserve(long size)
    {
        var position = Position;
        if (buffer.Length - used < size)
        {
            Flush();
            flushed += size;
        }
        else
        {
            used += (int)size;
        }

        return position;
    }

    /// <summary>Fills in bytes that were reserved.</summary>
    public void Patch(long position, ReadOnlySpan<byte> bytes)
    {
        var behind = (int)Math.Clamp(flushed - position, 0, bytes.Length);
        if (behind > 0)
            RandomAccess.Write(file, bytes[..behind], position);
        if (behind < bytes.Length)
            bytes[behind..].CopyTo(buffer.AsSpan((int)(position + behind - flushed)));
    }

    public void PatchInt32(long position, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        Patch(position, bytes);
    }

    /// <summary>Appends what another output holds from a position on and cuts it off there.</summary>
    public void TakeTail(SegmentOutput other, long from)
    {
        other.Flush();
        for (var at = from; at < other.flushed;)
        {
            var read = RandomAccess.Read(other.file, Ask(MaxAsk)[..MaxAsk], at);
            if (read == 0)
                throw new EndOfStreamException($"the chunk ends at {at}, not at {other.flushed}");
            Advance(read);
            at += read;
        }

        RandomAccess.SetLength(other.file, from);
        other.flushed = from;
    }

    public void Flush()
    {
        RandomAccess.Write(file, buffer.AsSpan(0, used), flushed);
        flushed += used;
        used = 0;
    }

    /// <summary>Closes the file without flushing: what is not flushed belongs to a segment that was given up.</summary>
    public void Dispose()
    {
        file.Dispose();
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
