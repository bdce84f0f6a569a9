using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Kafka.Native;

/// <summary>
/// The part of librdkafka's C API (rdkafka.h, 2.15) that reading takes. Bound directly because the batch calls, which Confluent.Kafka does
/// not have, read twice as many records per CPU-second as its Consume, which makes several objects a record; see <c>Kafka/README.md</c>.
/// The native library comes with Confluent.Kafka's package librdkafka.redist.
/// </summary>
internal static unsafe partial class Librdkafka
{
    public const int Consumer = 1;              // rd_kafka_type_t
    public const int ConfUnknown = -2;          // rd_kafka_conf_res_t
    public const int ConfInvalid = -1;
    public const int PartitionEof = -191;       // rd_kafka_resp_err_t
    public const int AllBrokersDown = -187;
    public const int AutoOffsetReset = -140;
    public const int DestroyWithoutClose = 0x8; // RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE
    public const int ErrorTextLength = 512;

    private const string Library = "librdkafka";

    /// <summary><c>rd_kafka_message_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public int Error;
        public nint Topic;
        public int Partition;
        public byte* Payload;
        public nuint Length;
        public byte* Key;
        public nuint KeyLength;
        public long Offset;
        public nint Private;
    }

    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_new")] public static partial nint NewConf();
    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_destroy")] public static partial void DestroyConf(nint conf);
    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)] public static partial int SetConf(nint conf, string name, string value, byte* error, nuint errorLength);
    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set_opaque")] public static partial void SetOpaque(nint conf, nint opaque);
    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set_log_cb")] public static partial void SetLogCallback(nint conf, delegate* unmanaged<nint, int, byte*, byte*, void> callback);
    [LibraryImport(Library, EntryPoint = "rd_kafka_conf_set_error_cb")] public static partial void SetErrorCallback(nint conf, delegate* unmanaged<nint, int, byte*, nint, void> callback);

    /// <summary>Owns the conf from then on, unless it fails.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_new")] public static partial nint New(int type, nint conf, byte* error, nuint errorLength);
    [LibraryImport(Library, EntryPoint = "rd_kafka_destroy_flags")] public static partial void Destroy(nint client, int flags);
    [LibraryImport(Library, EntryPoint = "rd_kafka_opaque")] public static partial nint Opaque(nint client);
    [LibraryImport(Library, EntryPoint = "rd_kafka_err2str")] public static partial byte* ErrorText(int error);
    [LibraryImport(Library, EntryPoint = "rd_kafka_poll_set_consumer")] public static partial int PollSetConsumer(nint client);
    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_get_consumer")] public static partial nint ConsumerQueue(nint client);
    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_destroy")] public static partial void DestroyQueue(nint queue);

    /// <summary>Makes a wait for the queue return at once, or the next one if there is none.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_yield")] public static partial void Yield(nint queue);

    /// <summary>Waits for a full batch or the timeout, whichever comes first.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_consume_batch_queue")] public static partial nint ConsumeBatch(nint queue, int timeoutMillis, Message** messages, nuint capacity);
    [LibraryImport(Library, EntryPoint = "rd_kafka_message_destroy"), SuppressGCTransition] public static partial void DestroyMessage(Message* message);
    /// <returns>Epoch milliseconds, or -1.</returns>
    [LibraryImport(Library, EntryPoint = "rd_kafka_message_timestamp")] public static partial long MessageTimestamp(Message* message, out int kind);

    /// <summary>Parses the headers when it is first called for a message, which owns them.</summary>
    /// <returns>Not 0: there are none.</returns>
    [LibraryImport(Library, EntryPoint = "rd_kafka_message_headers")] public static partial int MessageHeaders(Message* message, out nint headers);

    /// <returns>Not 0: there are no more.</returns>
    [LibraryImport(Library, EntryPoint = "rd_kafka_header_get_all")] public static partial int Header(nint headers, nuint index, out byte* name, out byte* value, out nuint length);

    /// <summary>The topic's conf, if any, goes with it.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_new", StringMarshalling = StringMarshalling.Utf8)] public static partial nint NewTopic(nint client, string topic, nint conf);
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_destroy")] public static partial void DestroyTopic(nint topic);
    [LibraryImport(Library, EntryPoint = "rd_kafka_metadata")] public static partial int Metadata(nint client, int allTopics, nint onlyTopic, out nint metadata, int timeoutMillis);
    [LibraryImport(Library, EntryPoint = "rd_kafka_metadata_destroy")] public static partial void DestroyMetadata(nint metadata);
    [LibraryImport(Library, EntryPoint = "rd_kafka_query_watermark_offsets", StringMarshalling = StringMarshalling.Utf8)] public static partial int QueryWatermarkOffsets(nint client, string topic, int partition, out long low, out long high, int timeoutMillis);
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_name")] public static partial byte* TopicName(nint topic);
    [LibraryImport(Library, EntryPoint = "rd_kafka_assign")] public static partial int Assign(nint client, nint partitions);
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_new")] public static partial nint NewPartitionList(int capacity);
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_add", StringMarshalling = StringMarshalling.Utf8)] public static partial nint AddPartition(nint list, string topic, int partition);
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_set_offset", StringMarshalling = StringMarshalling.Utf8)] public static partial int SetOffset(nint list, string topic, int partition, long offset);
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_partition_list_destroy")] public static partial void DestroyPartitionList(nint list);
}
