using System.Collections.Immutable;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Stream;

/// <summary>Asks Kafka for a topic's partitions and offsets. Supervisors with equal consumerProperties share one client, which ends when nobody
/// has used it for a while.</summary>
internal sealed class StreamObserver(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5), IdleAfter = TimeSpan.FromMinutes(5);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Client> clients = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim blockingCalls = new(8); // metadata requests hold a thread each

    /// <exception cref="KafkaException">The brokers cannot be reached, refuse, or do not have the topic.</exception>
    public async Task<ImmutableSortedDictionary<StreamPartition, OffsetRange>> ObserveAsync(string topic, ImmutableSortedDictionary<string, string> consumerProperties, CancellationToken cancellation)
    {
        var admin = ClientFor(consumerProperties).Admin;
        await blockingCalls.WaitAsync(cancellation);
        Confluent.Kafka.Metadata metadata;
        try { metadata = await Task.Run(() => admin.GetMetadata(topic, Timeout), cancellation); }
        finally { blockingCalls.Release(); }
        var found = metadata.Topics.FirstOrDefault(t => t.Topic == topic) ?? throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"Topic [{topic}] does not exist"));
        if (found.Error.IsError) throw new KafkaException(new Error(found.Error.Code, $"Topic [{topic}]: {found.Error.Reason}"));
        if (found.Partitions.Count == 0) throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"No partitions found for stream [{topic}]"));
        var partitions = found.Partitions.Select(p => p.PartitionId).ToList();
        var options = new ListOffsetsOptions { RequestTimeout = Timeout, IsolationLevel = IsolationLevel.ReadCommitted };
        var earliest = await OffsetsAsync(admin, topic, partitions, OffsetSpec.Earliest(), options);
        var latest = await OffsetsAsync(admin, topic, partitions, OffsetSpec.Latest(), options);
        return partitions.ToImmutableSortedDictionary(p => new StreamPartition(p), p => new OffsetRange(earliest[p], latest[p]));
    }

    private static async Task<Dictionary<int, long>> OffsetsAsync(IAdminClient admin, string topic, List<int> partitions, OffsetSpec spec, ListOffsetsOptions options)
    {
        var result = await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, p), OffsetSpec = spec }), options);
        return result.ResultInfos.ToDictionary(r => r.TopicPartitionOffsetError.Partition.Value, r => r.TopicPartitionOffsetError.Error.IsError
            ? throw new KafkaException(r.TopicPartitionOffsetError.Error) : r.TopicPartitionOffsetError.Offset.Value);
    }

    private Client ClientFor(ImmutableSortedDictionary<string, string> consumerProperties)
    {
        var (properties, _) = KafkaClientProperties.ForLibrdkafka(consumerProperties);
        var key = string.Join('\n', properties.Select(p => $"{p.Key}={p.Value}"));
        lock (gate)
        {
            var now = time.GetUtcNow();
            foreach (var (old, client) in clients.Where(c => c.Key != key && now - c.Value.LastUsed > IdleAfter).ToList())
            {
                clients.Remove(old);
                client.Dispose();
            }
            if (!clients.TryGetValue(key, out var found)) clients[key] = found = new Client(properties);
            found.LastUsed = now;
            return found;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var client in clients.Values) client.Dispose();
            clients.Clear();
        }
    }

    /// <summary>The admin calls ride on a consumer's handle: a consumer, unlike a producer, does not create a topic by asking for it.</summary>
    private sealed class Client : IDisposable
    {
        private readonly IConsumer<Ignore, Ignore> consumer;

        public Client(ImmutableSortedDictionary<string, string> properties)
        {
            var config = new ConsumerConfig(properties.ToDictionary()) { AllowAutoCreateTopics = false, EnableAutoCommit = false, LogConnectionClose = false };
            if (string.IsNullOrEmpty(config.GroupId)) config.GroupId = "kafka-supervisor-observer"; // never joined: only the admin calls are used
            consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build(); // errors reach the caller of each request
            Admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        }

        public IAdminClient Admin { get; }
        public DateTimeOffset LastUsed { get; set; }

        public void Dispose()
        {
            Admin.Dispose();
            consumer.Dispose();
        }
    }
}
