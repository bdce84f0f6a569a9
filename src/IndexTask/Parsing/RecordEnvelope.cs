using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// A record with more of it than the value, in one span, for formats that ask for it: so it goes the way that values go. In the machine's memory only; little-endian: the length of the value,
/// milliseconds, then the topic, the key and the headers (a count, then name and value of each) with a length before each and -1 for null, then the value.
/// </summary>
internal readonly ref struct RecordEnvelope
{
    private const int Null = -1;

    /// <param name="packed">As <see cref="Writer"/> wrote it.</param>
    public RecordEnvelope(ReadOnlySpan<byte> packed)
    {
        Value = packed[^ValueLength(packed)..];
        var rest = packed[sizeof(int)..];
        TimestampMillis = BinaryPrimitives.ReadInt64LittleEndian(rest);
        rest = rest[sizeof(long)..];
        Topic = Take(ref rest, out _);
        Key = Take(ref rest, out var hasKey);
        HasKey = hasKey;
        Headers = new HeaderList(rest);
    }

    public ReadOnlySpan<byte> Value { get; }

    /// <summary>The record's time in epoch milliseconds; -1: it has none.</summary>
    public long TimestampMillis { get; }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Topic { get; }
    public ReadOnlySpan<byte> Key { get; }
    public bool HasKey { get; }
    public HeaderList Headers { get; }

    /// <summary>Bytes of the value in it.</summary>
    public static int ValueLength(ReadOnlySpan<byte> packed) => BinaryPrimitives.ReadInt32LittleEndian(packed);

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> rest, out bool isThere)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        isThere = length != Null;
        var taken = rest.Slice(sizeof(int), Math.Max(length, 0));
        rest = rest[(sizeof(int) + taken.Length)..];
        return taken;
    }

    /// <summary>A record's headers in their order, several of one name among them.</summary>
    public ref struct HeaderList(ReadOnlySpan<byte> packed)
    {
        private ReadOnlySpan<byte> rest = packed[sizeof(int)..];
        private int left = BinaryPrimitives.ReadInt32LittleEndian(packed);

        public Header Current { get; private set; }

        public readonly HeaderList GetEnumerator() => this;

        public bool MoveNext()
        {
            if (left-- <= 0)
                return false;
            var name = Take(ref rest, out _);
            var value = Take(ref rest, out var hasValue);
            Current = new Header(name, value, hasValue);
            return true;
        }
    }

    /// <param name="name">UTF-8.</param>
    public readonly ref struct Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool hasValue)
    {
        public ReadOnlySpan<byte> Name { get; } = name;
        public ReadOnlySpan<byte> Value { get; } = value;
        public bool HasValue { get; } = hasValue;
    }

    /// <summary>Packs one record after the other: <see cref="Begin"/>, any number of headers, <see cref="End"/>.</summary>
    internal sealed class Writer
    {
        private readonly ArrayBufferWriter<byte> bytes = new(1024);
        private int headerCount, headerCountAt;

        /// <param name="topic">UTF-8.</param>
        public void Begin(long timestampMillis, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> key, bool hasKey)
        {
            bytes.ResetWrittenCount();
            Number(0);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(sizeof(long)), timestampMillis);
            bytes.Advance(sizeof(long));
            Text(topic, isThere: true);
            Text(key, hasKey);
            (headerCount, headerCountAt) = (0, bytes.WrittenCount);
            Number(0);
        }

        public void Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool hasValue)
        {
            Text(name, isThere: true);
            Text(value, hasValue);
            headerCount++;
        }

        /// <returns>Good until the next record begins.</returns>
        public ReadOnlySpan<byte> End(ReadOnlySpan<byte> value)
        {
            bytes.Write(value);
            var packed = System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes.WrittenMemory).Span;
            BinaryPrimitives.WriteInt32LittleEndian(packed, value.Length);
            BinaryPrimitives.WriteInt32LittleEndian(packed[headerCountAt..], headerCount);
            return packed;
        }

        private void Text(ReadOnlySpan<byte> text, bool isThere)
        {
            Number(isThere ? text.Length : Null);
            bytes.Write(text);
        }

        private void Number(int number)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), number);
            bytes.Advance(sizeof(int));
        }
    }
}
