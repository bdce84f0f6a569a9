using System.Collections.Concurrent;
using System.Diagnostics;
using Confluent.Kafka;

namespace Ingestion.Embedded;

/// <summary>Sends events at an even rate, by turns to all partitions, each once whatever becomes of connections and brokers, and remembers when the broker had each.</summary>
public sealed class SteadyProducer : IAsyncDisposable
{
    /// <summary>Milliseconds that a batch is gathered for unless said: what Kafka's own clients do since version 4.</summary>
    private const int Linger = 5;

    /// <summary>More than come together while a broker is away.</summary>
    private const int Waiting = 1_000_000;
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<(int Partition, long Offset), DateTimeOffset>? arrivals;
    private readonly CancellationTokenSource stop = new();
    private readonly Task producing;
    private long sent;

    /// <param name="eventOf">The event of a number, from 0; null: the sample's, again and again.</param>
    /// <param name="remembers">Whether <see cref="At"/> is to be asked.</param>
    /// <param name="linger">Milliseconds that a batch is gathered for.</param>
    public SteadyProducer(string bootstrapServers, string topic, int partitions, int eventsPerSecond, Func<long, byte[]>? eventOf = null, bool remembers = true, int linger = Linger)
    {
        arrivals = remembers ? new() : null;
        producing = Task.Factory.StartNew(() => Produce(bootstrapServers, topic, partitions, eventsPerSecond, eventOf ?? OfTheSample(), linger), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Why an event was not delivered; null while all were.</summary>
    public volatile string? Problem;

    /// <summary>Events that were given to the client so far.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Null where its acknowledgement is not here yet, though it may have been read.</summary>
    public DateTimeOffset? At(int partition, long offset) => arrivals!.TryGetValue((partition, offset), out var at) ? at : null;

    /// <summary>Sends no more, and waits until the broker has what was sent.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await producing;
    }

    private void Produce(string bootstrapServers, string topic, int partitions, int eventsPerSecond, Func<long, byte[]> eventOf, int linger)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = bootstrapServers, LingerMs = linger, EnableIdempotence = true, QueueBufferingMaxMessages = Waiting, ReconnectBackoffMaxMs = 500 })
            .SetLogHandler((_, _) => { }).Build(); // brokers may be away on purpose; what is not delivered is a Problem
        var clock = Stopwatch.StartNew();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                for (var due = (long)(clock.Elapsed.TotalSeconds * eventsPerSecond); sent < due; Interlocked.Increment(ref sent))
                    producer.Produce(new TopicPartition(topic, (int)(sent % partitions)), new Message<Null, byte[]> { Value = eventOf(sent) }, Note);
                Thread.Sleep(2);
            }
        }
        catch (KafkaException e) { Problem = e.Error.Reason; } // nothing more can be sent
        if (producer.Flush(FlushLimit) is > 0 and var left) Problem ??= $"the broker has not acknowledged {left} events";
    }

    private void Note(DeliveryReport<Null, byte[]> report)
    {
        if (report.Error.IsError) Problem = report.Error.Reason;
        else arrivals?[(report.Partition.Value, report.Offset.Value)] = DateTimeOffset.UtcNow;
    }

    private static Func<long, byte[]> OfTheSample()
    {
        var events = Sample.Read(Sample.Find()).ToList();
        return number => events[(int)(number % events.Count)];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
    }
}
