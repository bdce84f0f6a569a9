using System.Runtime.InteropServices;
using Ingestion.IndexTask.Kafka.Native;

namespace Ingestion.IndexTask.Kafka;

/// <summary>Goes through the headers of a record, which are parsed now and not before. Good as long as the record is.</summary>
internal unsafe ref struct KafkaHeaders(Librdkafka.Message* message)
{
    private readonly nint headers = Librdkafka.MessageHeaders(message, out var found) == 0 ? found : 0;
    private nuint next;
    private byte* name, value;
    private nuint length;

    /// <summary>UTF-8.</summary>
    public readonly ReadOnlySpan<byte> Name => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);

    public readonly ReadOnlySpan<byte> Value => new(value, (int)length);

    public readonly bool HasValue => value != null;

    public bool MoveNext() => headers != 0 && Librdkafka.Header(headers, next++, out name, out value, out length) == 0;
}
