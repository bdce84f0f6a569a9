using Ingestion.Contracts.Stream;

namespace Ingestion.IndexTask.Kafka;

/// <summary>Readers that connect before they are needed. A task that pauses is likely to be succeeded within milliseconds by one that reads the same partitions: meanwhile a
/// client is made, learns the leaders and connects to them, and the successor has but to be told its offsets. One that nobody takes goes after half a minute.</summary>
internal sealed class PreparedReaders : IDisposable
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(30), SweepEvery = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private readonly Func<IReadOnlyDictionary<string, string>, string, IReadOnlyList<StreamPartition>, RecordReader> make;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (Task<RecordReader> Making, DateTimeOffset At)> ready = new(StringComparer.Ordinal);
    private readonly ITimer sweeping;
    private bool isDisposed;

    /// <param name="logger">Receives librdkafka's log.</param>
    /// <param name="prefetch">Bytes that a reader's fetches may take.</param>
    public PreparedReaders(TimeProvider time, ILogger logger, long prefetch = ReaderProperties.MostPrefetch)
        : this(time, (properties, topic, partitions) => new RecordReader(ReaderProperties.For(properties, logger, prefetch), topic, partitions, logger)) { }

    /// <param name="make">Makes a reader: from consumerProperties, topic, partitions.</param>
    internal PreparedReaders(TimeProvider time, Func<IReadOnlyDictionary<string, string>, string, IReadOnlyList<StreamPartition>, RecordReader> make)
    {
        (this.time, this.make) = (time, make);
        sweeping = time.CreateTimer(_ => Sweep(), null, SweepEvery, SweepEvery);
    }

    /// <summary>Readers that wait to be taken.</summary>
    public int Count { get { lock (gate) return ready.Count; } }

    /// <summary>Returns at once. Does nothing where such a reader is ready, or being made; one that could not be made is made anew.</summary>
    /// <param name="consumerProperties">Druid's, as Kafka's Java client has them.</param>
    /// <param name="topic">Of partitions that name none.</param>
    public void Prepare(IReadOnlyDictionary<string, string> consumerProperties, string topic, IReadOnlyList<StreamPartition> partitions)
    {
        var key = Key(consumerProperties, topic, partitions);
        lock (gate)
        {
            if (isDisposed) return;
            var making = ready.TryGetValue(key, out var known) && !known.Making.IsFaulted ? known.Making : Task.Run(() =>
            {
                var reader = make(consumerProperties, topic, partitions);
                reader.BeginConnecting();
                return reader;
            });
            ready[key] = (making, time.GetUtcNow());
        }
    }

    /// <summary>A prepared reader, or one made now. The caller owns it.</summary>
    /// <param name="log">Receives librdkafka's log from now on; null: it stays as it is.</param>
    /// <exception cref="KafkaSettingException">A property's value is refused.</exception>
    public RecordReader Take(IReadOnlyDictionary<string, string> consumerProperties, string topic, IReadOnlyList<StreamPartition> partitions, ILogger? log = null)
    {
        Task<RecordReader>? making = null;
        lock (gate)
            if (ready.Remove(Key(consumerProperties, topic, partitions), out var known)) making = known.Making;
        if (making is not null) Task.WaitAny(making);
        // What kept it from being made may be over; where it is not, the task is told now.
        var reader = making is { IsCompletedSuccessfully: true } ? making.Result : make(consumerProperties, topic, partitions);
        if (log is not null) reader.LogTo(log);
        return reader;
    }

    private static string Key(IReadOnlyDictionary<string, string> consumerProperties, string topic, IReadOnlyList<StreamPartition> partitions) =>
        string.Join('\n', consumerProperties.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}").Append(topic).Concat(partitions.Select(p => p.ToString())));

    private void Sweep() => Drop(at => time.GetUtcNow() - at > KeepFor);

    private void Drop(Func<DateTimeOffset, bool> isMeant)
    {
        List<Task<RecordReader>> dropped;
        lock (gate)
        {
            var keys = ready.Where(r => isMeant(r.Value.At)).Select(r => r.Key).ToList();
            dropped = [.. keys.Select(key => ready[key].Making)];
            foreach (var key in keys) ready.Remove(key);
        }
        foreach (var making in dropped) making.ContinueWith(made => made.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    public void Dispose()
    {
        lock (gate) isDisposed = true;
        sweeping.Dispose();
        Drop(_ => true);
    }
}
