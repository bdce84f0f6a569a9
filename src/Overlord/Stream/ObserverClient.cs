using System.Collections.Immutable;
using Confluent.Kafka;

namespace Ingestion.Overlord.Stream;

/// <summary>A connection to one Kafka. The admin calls ride on a consumer's handle: a consumer, unlike a producer, does not create a topic by
/// asking for it.</summary>
internal sealed class ObserverClient : IDisposable
{
    /// <summary>Metadata requests under way at once, each of which holds a thread.</summary>
    private const int BlockingCalls = 8;

    private readonly IConsumer<Ignore, Ignore> consumer;
    private readonly SemaphoreSlim blockingCalls = new(BlockingCalls);
    private readonly Lock drain = new();
    private volatile string? lastError;

    /// <exception cref="InvalidOperationException">librdkafka refuses the properties; <see cref="ArgumentException"/> likewise.</exception>
    public ObserverClient(ImmutableSortedDictionary<string, string> properties)
    {
        var config = new ConsumerConfig(properties.ToDictionary()) { AllowAutoCreateTopics = false, EnableAutoCommit = false, LogConnectionClose = false };
        if (string.IsNullOrEmpty(config.GroupId)) config.GroupId = "kafka-supervisor-observer"; // never joined: only the admin calls are used
        consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => Note(error)).Build();
        Admin = new DependentAdminClientBuilder(consumer.Handle).Build();
    }

    public IAdminClient Admin { get; }

    /// <summary>Guarded by the observer, as <see cref="LastUsed"/>.</summary>
    public int Users { get; set; }
    public DateTimeOffset LastUsed { get; set; }

    /// <param name="topic">Null: all topics that this client may see.</param>
    /// <exception cref="KafkaException">The brokers cannot be reached.</exception>
    public async Task<Confluent.Kafka.Metadata> MetadataAsync(string? topic, TimeSpan timeout, CancellationToken cancellation)
    {
        await blockingCalls.WaitAsync(cancellation);
        // A thread of its own: calls that wait for brokers that are away would use up the pool.
        try { return await Task.Factory.StartNew(() => topic is null ? Admin.GetMetadata(timeout) : Admin.GetMetadata(topic, timeout), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default); }
        finally { blockingCalls.Release(); }
    }

    /// <summary>Why the brokers cannot be reached: a host name that is unknown, a certificate or password that is wrong. A failed request itself says only that time is up.</summary>
    public string? Reason()
    {
        lock (drain)
        {
            try { consumer.Consume(TimeSpan.Zero); } // subscribed to nothing: hands over the errors noted since
            catch (ConsumeException e) { Note(e.Error); }
        }
        return lastError;
    }

    public void Succeeded() => lastError = null;

    private void Note(Error error)
    {
        if (error.Code != ErrorCode.Local_AllBrokersDown) lastError = error.Reason; // that one follows those that say why
    }

    public void Dispose()
    {
        Admin.Dispose();
        consumer.Dispose();
    }
}
