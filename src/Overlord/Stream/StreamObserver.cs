using System.Collections.Concurrent;
using System.Collections.Immutable;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Stream;

/// <summary>Asks Kafka for a stream's partitions and offsets. Supervisors with equal consumerProperties share one client, which ends when nobody
/// has used it for a while, and the answers about a stream; a Kafka that cannot be reached holds up only those.</summary>
internal sealed class StreamObserver(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5), IdleAfter = TimeSpan.FromMinutes(5), SweepEvery = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, ObserverClient> clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Client, SourceStream Stream), SharedQuestion> questions = new();
    private long sweptAt = time.GetTimestamp();
    private bool disposed;

    /// <param name="maxAge">How old an answer may be that somebody has had before.</param>
    /// <exception cref="KafkaException">The brokers cannot be reached, refuse, or do not have the topic. Of a pattern, no topic is no failure.</exception>
    /// <exception cref="InvalidOperationException">A property cannot be used here.</exception>
    public Task<StreamAnswer> ObserveAsync(SourceStream stream, ImmutableSortedDictionary<string, string> consumerProperties, TimeSpan maxAge, CancellationToken cancellation)
    {
        var properties = ConsumerSettings.For(consumerProperties);
        var key = string.Join('\n', properties.Select(p => $"{p.Key}={p.Value}"));
        var question = questions.GetOrAdd((key, stream), _ => new SharedQuestion(asOf => AskAsync(key, properties, stream, asOf), time));
        SweepNowAndThen();
        return question.AskAsync(maxAge).WaitAsync(cancellation);
    }

    /// <summary>Walks all questions, of which each supervisor may have its own: not at every ask.</summary>
    private void SweepNowAndThen()
    {
        var before = Volatile.Read(ref sweptAt);
        if (time.GetElapsedTime(before) < SweepEvery || Interlocked.CompareExchange(ref sweptAt, time.GetTimestamp(), before) != before) return;
        foreach (var (old, unused) in questions)
            if (!unused.IsUnderWay && time.GetUtcNow() - unused.LastAsked > IdleAfter) questions.TryRemove(old, out _);
    }

    private async Task<StreamAnswer> AskAsync(string key, ImmutableSortedDictionary<string, string> properties, SourceStream stream, long asOf)
    {
        var client = Borrow(key, properties);
        try
        {
            var partitions = await PartitionsAsync(client, stream);
            client.Succeeded();
            return new StreamAnswer(partitions, asOf);
        }
        catch (KafkaException e) when (e.Error.IsLocalError && client.Reason() is { } reason && !e.Message.Contains(reason, StringComparison.Ordinal))
        {
            throw new KafkaException(new Error(e.Error.Code, $"{e.Error.Reason}: {reason}"), e);
        }
        finally { Return(client); }
    }

    /// <summary>Whether it tells of the brokers or of the properties: librdkafka refuses some with exceptions that are not Kafka's.</summary>
    public static bool IsFailure(Exception e) => e is KafkaException or InvalidOperationException or ArgumentException or TimeoutException;

    private static async Task<ImmutableSortedDictionary<StreamPartition, OffsetRange>> PartitionsAsync(ObserverClient client, SourceStream stream)
    {
        var partitions = stream.IsPattern ? await MatchingAsync(client, stream) : await OfTopicAsync(client, stream.Name);
        if (partitions.Count == 0) return ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty;
        var options = new ListOffsetsOptions { RequestTimeout = Timeout, IsolationLevel = IsolationLevel.ReadCommitted };
        var earliest = OffsetsAsync(client.Admin, partitions, OffsetSpec.Earliest(), options, leavesOutUnknown: stream.IsPattern);
        var latest = OffsetsAsync(client.Admin, partitions, OffsetSpec.Latest(), options, leavesOutUnknown: stream.IsPattern);
        await Task.WhenAll(earliest, latest);
        var (first, last) = (await earliest, await latest);
        return partitions.Where(p => first.ContainsKey(p) && last.ContainsKey(p)).ToImmutableSortedDictionary(p => stream.Key(p.Topic, p.Partition), p => new OffsetRange(first[p], last[p]));
    }

    private static async Task<IReadOnlyList<TopicPartition>> OfTopicAsync(ObserverClient client, string topic)
    {
        var metadata = await client.MetadataAsync(topic, Timeout, CancellationToken.None);
        var found = metadata.Topics.FirstOrDefault(t => t.Topic == topic) ?? throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"Topic [{topic}] does not exist"));
        if (found.Error.IsError) throw new KafkaException(new Error(found.Error.Code, $"Topic [{topic}]: {found.Error.Reason}"));
        if (found.Partitions.Count == 0) throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"No partitions found for stream [{topic}]"));
        return [.. found.Partitions.Select(p => new TopicPartition(topic, p.PartitionId))];
    }

    /// <summary>A topic of which the brokers tell an error, one being deleted for instance, is left out: it must not hold up the others.</summary>
    private static async Task<IReadOnlyList<TopicPartition>> MatchingAsync(ObserverClient client, SourceStream pattern)
    {
        var metadata = await client.MetadataAsync(null, Timeout, CancellationToken.None);
        return [.. metadata.Topics.Where(t => !t.Error.IsError && pattern.Covers(t.Topic)).SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.Topic, p.PartitionId)))];
    }

    private static async Task<Dictionary<TopicPartition, long>> OffsetsAsync(IAdminClient admin, IEnumerable<TopicPartition> partitions, OffsetSpec spec, ListOffsetsOptions options, bool leavesOutUnknown)
    {
        List<ListOffsetsResultInfo> results;
        try { results = (await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = spec }), options)).ResultInfos; }
        catch (ListOffsetsException e) { results = e.Result.ResultInfos; } // some of them failed, and say why
        return Offsets(results.Select(r => r.TopicPartitionOffsetError), leavesOutUnknown);
    }

    /// <param name="results">What librdkafka gave of each partition.</param>
    /// <param name="leavesOutUnknown">Whether a partition that the brokers do not know is left out, not a failure.</param>
    /// <exception cref="KafkaException">Of one of the partitions there is no offset.</exception>
    internal static Dictionary<TopicPartition, long> Offsets(IEnumerable<TopicPartitionOffsetError> results, bool leavesOutUnknown)
    {
        var offsets = new Dictionary<TopicPartition, long>();
        foreach (var result in results)
        {
            var error = result.Error;
            // While a partition has no leader librdkafka may give its "invalid" (-1001), and no error.
            if (!error.IsError && result.Offset.Value < 0) error = new Error(ErrorCode.LeaderNotAvailable, $"Partition {result.Partition.Value} of topic [{result.Topic}]: the brokers told no offset");
            if (!error.IsError) offsets[result.TopicPartition] = result.Offset.Value;
            else if (!leavesOutUnknown || error.Code != ErrorCode.UnknownTopicOrPart) throw new KafkaException(error);
        }
        return offsets;
    }

    private ObserverClient Borrow(string key, ImmutableSortedDictionary<string, string> properties)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            var now = time.GetUtcNow();
            foreach (var (old, client) in clients.Where(c => c.Key != key && c.Value.Users == 0 && now - c.Value.LastUsed > IdleAfter).ToList())
            {
                clients.Remove(old);
                client.Dispose();
            }
            if (!clients.TryGetValue(key, out var found)) clients[key] = found = new ObserverClient(properties);
            found.Users++;
            return found;
        }
    }

    private void Return(ObserverClient client)
    {
        lock (gate)
        {
            client.Users--;
            client.LastUsed = time.GetUtcNow();
            if (disposed && client.Users == 0) client.Dispose();
        }
    }

    /// <summary>A client that is in use ends with its last call: librdkafka's calls do not survive that their client is destroyed under them.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            foreach (var client in clients.Values.Where(c => c.Users == 0)) client.Dispose();
        }
    }
}
