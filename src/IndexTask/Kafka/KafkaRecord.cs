using Ingestion.IndexTask.Kafka.Native;

namespace Ingestion.IndexTask.Kafka;

internal enum KafkaRecordKind
{
    /// <summary>A record.</summary>
    Event,

    /// <summary>The reader has come to the end of the partition: nothing is left to read before <see cref="KafkaRecord.Offset"/>, whatever the
    /// offsets before it are (transaction markers and compacted records have offsets but are never delivered).</summary>
    EndOfPartition,

    /// <summary>Kafka no longer has, or does not yet have, the offset to read next.</summary>
    OffsetOutOfRange,

    /// <summary>An error that librdkafka goes on trying to overcome.</summary>
    Error,
}

/// <summary>Something read, good until the next <see cref="RecordReader.Read"/>.</summary>
internal readonly unsafe ref struct KafkaRecord(Librdkafka.Message* message, int partition)
{
    public KafkaRecordKind Kind => message->Error switch
    {
        0 => KafkaRecordKind.Event,
        Librdkafka.PartitionEof => KafkaRecordKind.EndOfPartition,
        Librdkafka.AutoOffsetReset => KafkaRecordKind.OffsetOutOfRange,
        _ => KafkaRecordKind.Error,
    };

    /// <summary>Index into the partitions given to the reader; -1: an error that concerns none of them.</summary>
    public int Partition => partition;

    public long Offset => message->Offset;

    /// <summary>librdkafka's own buffer; <c>default</c> where the record's value is null.</summary>
    public ReadOnlySpan<byte> Value => new(message->Payload, (int)message->Length);

    /// <summary>librdkafka's own buffer; <c>default</c> where the record has no key.</summary>
    public ReadOnlySpan<byte> Key => new(message->Key, (int)message->KeyLength);

    public bool HasKey => message->Key != null;

    /// <summary>Epoch milliseconds; -1: the record has none.</summary>
    public long TimestampMillis => Librdkafka.MessageTimestamp(message, out _);

    /// <summary>The headers in their order.</summary>
    public KafkaHeaders Headers => new(message);

    /// <summary>Of errors.</summary>
    public string ErrorText => NativeText.Read(message->Payload, (int)message->Length) is { Length: > 0 } text ? text : NativeText.Read(Librdkafka.ErrorText(message->Error));
}
