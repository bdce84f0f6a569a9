using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace Ingestion.EndToEnd.Specs;

/// <summary>A record of a case's topic.</summary>
/// <param name="Timestamp">Epoch milliseconds; null: when it is sent.</param>
internal sealed record TopicRecord(byte[]? Value, byte[]? Key, IReadOnlyList<(string Name, byte[]? Value)> Headers, long? Timestamp)
{
    /// <summary>A line is the value, or <c>@</c> and JSON of the whole record: <c>value</c> (null: a tombstone), <c>key</c>, <c>headers</c> (pairs), <c>timestamp</c>.</summary>
    public static TopicRecord Parse(string line)
    {
        if (!line.StartsWith('@')) return new TopicRecord(Encoding.UTF8.GetBytes(line), null, [], null);
        using var json = JsonDocument.Parse(line[1..]);
        var root = json.RootElement;
        var headers = root.TryGetProperty("headers", out var pairs) ? pairs.EnumerateArray().Select(h => (h[0].GetString()!, Bytes(h[1]))).ToList() : [];
        return new TopicRecord(Member("value"), Member("key"), headers, root.TryGetProperty("timestamp", out var time) ? time.GetInt64() : null);

        byte[]? Member(string name) => root.TryGetProperty(name, out var text) ? Bytes(text) : null;
    }

    public Message<byte[]?, byte[]?> ToMessage()
    {
        var message = new Message<byte[]?, byte[]?> { Key = Key, Value = Value, Headers = [] };
        foreach (var (name, value) in Headers) message.Headers.Add(name, value);
        if (Timestamp is { } millis) message.Timestamp = new Timestamp(millis, TimestampType.CreateTime);
        return message;
    }

    /// <summary>Sends records, in order, to topics of one partition, and waits until the broker has them.</summary>
    public static void Send(string bootstrapServers, IEnumerable<(string Topic, TopicRecord Record)> records)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = bootstrapServers, Acks = Acks.All, LingerMs = 5 })
            .SetKeySerializer(Serializers.ByteArray!).SetValueSerializer(Serializers.ByteArray!).Build();
        string? failure = null;
        foreach (var (topic, record) in records)
            producer.Produce(new TopicPartition(topic, 0), record.ToMessage(), report => failure ??= report.Error.IsError ? report.Error.Reason : null);
        producer.Flush(TimeSpan.FromSeconds(30));
        Assert.Null(failure);
    }

    private static byte[]? Bytes(JsonElement text) => text.GetString() is { } given ? Encoding.UTF8.GetBytes(given) : null;
}
