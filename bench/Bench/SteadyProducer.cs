using System.Collections.Concurrent;
using System.Diagnostics;
using Confluent.Kafka;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary>Sends the sample's events at an even rate, by turns to all partitions, and remembers when the broker had each.</summary>
internal sealed class SteadyProducer : IAsyncDisposable
{
    /// <summary>Milliseconds that a batch is gathered for: what Kafka's own clients do since version 4.</summary>
    private const int Linger = 5;

    private readonly ConcurrentDictionary<(int Partition, long Offset), DateTimeOffset> arrivals = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task producing;

    public SteadyProducer(string bootstrapServers, string topic, int partitions, int eventsPerSecond) =>
        producing = Task.Factory.StartNew(() => Produce(bootstrapServers, topic, partitions, eventsPerSecond), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Why an event was not delivered; null while all were.</summary>
    public volatile string? Problem;

    /// <summary>Null where its acknowledgement is not here yet, though it may have been read.</summary>
    public DateTimeOffset? At(int partition, long offset) => arrivals.TryGetValue((partition, offset), out var at) ? at : null;

    private void Produce(string bootstrapServers, string topic, int partitions, int eventsPerSecond)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = bootstrapServers, LingerMs = Linger }).Build();
        var events = Sample.Read(Sample.Find()).ToList();
        var clock = Stopwatch.StartNew();
        for (var sent = 0; !stop.IsCancellationRequested;)
        {
            for (var due = (int)(clock.Elapsed.TotalSeconds * eventsPerSecond); sent < due; sent++)
                producer.Produce(new TopicPartition(topic, sent % partitions), new Message<Null, byte[]> { Value = events[sent % events.Count] }, Note);
            Thread.Sleep(2);
        }
        producer.Flush(TimeSpan.FromSeconds(10));
    }

    private void Note(DeliveryReport<Null, byte[]> report)
    {
        if (report.Error.IsError) Problem = report.Error.Reason;
        else arrivals[(report.Partition.Value, report.Offset.Value)] = DateTimeOffset.UtcNow;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await producing;
        stop.Dispose();
    }
}
