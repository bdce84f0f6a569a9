using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;
using Ingestion.Contracts.Stream;
using Ingestion.Embedded;
using Ingestion.Overlord.Stream;

namespace Ingestion.Overlord.Tests.Stream;

public sealed class StreamObserverTests
{
    [Fact]
    public async Task Kafka_that_cannot_be_reached_does_not_delay_observations_of_another()
    {
        using var observer = new StreamObserver(TimeProvider.System);
        // A port that takes connections and never answers: every request runs into its timeout.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var away = Enumerable.Range(0, 20).Select(i => observer.ObserveAsync(new SourceStream($"topic-{i}", isPattern: false), Properties(("bootstrap.servers", silent.LocalEndpoint.ToString()!)), TimeSpan.Zero, CancellationToken.None)).ToList();

        // librdkafka's mock broker: it is there at once, and has no topic.
        var error = await Assert.ThrowsAsync<KafkaException>(() => observer.ObserveAsync(new SourceStream("topic", isPattern: false), Properties(("bootstrap.servers", "mock"), ("test.mock.num.brokers", "1")), TimeSpan.Zero, CancellationToken.None));

        Assert.False(error.Error.IsLocalError, error.Message);
        Assert.All(away, a => Assert.False(a.IsCompleted));
        await Assert.ThrowsAsync<KafkaException>(() => Task.WhenAll(away));
    }

    [Theory]
    [InlineData("plaintext", "no-such-host.invalid:9092", "resolve")]
    [InlineData("plaintext", null, "Connection refused")]
    public async Task Failure_says_why_the_brokers_cannot_be_reached(string protocol, string? server, string reason)
    {
        using var observer = new StreamObserver(TimeProvider.System);
        var properties = Properties(("bootstrap.servers", server ?? $"127.0.0.1:{Ports.Free()}"), ("security.protocol", protocol));

        var error = await Assert.ThrowsAsync<KafkaException>(() => observer.ObserveAsync(new SourceStream("topic", isPattern: false), properties, TimeSpan.Zero, CancellationToken.None));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_names_the_broker_whose_handshake_fails()
    {
        using var observer = new StreamObserver(TimeProvider.System);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var open = new List<TcpClient>(); // closing one with its greeting unread would reset it, and that would be the reason then
        var answering = Task.Run(async () =>
        {
            while (true)
            {
                open.Add(await listener.AcceptTcpClientAsync(stop.Token));
                await open[^1].GetStream().ReadAtLeastAsync(new byte[4096], 64, cancellationToken: stop.Token);
                await open[^1].GetStream().WriteAsync("this is no TLS\r\n"u8.ToArray(), stop.Token);
            }
        });

        var error = await Assert.ThrowsAsync<KafkaException>(() =>
            observer.ObserveAsync(new SourceStream("topic", isPattern: false), Properties(("bootstrap.servers", listener.LocalEndpoint.ToString()!), ("security.protocol", "SSL")), TimeSpan.Zero, CancellationToken.None));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
        open.ForEach(connection => connection.Dispose());
        Assert.Contains($"ssl://{listener.LocalEndpoint}", error.Message, StringComparison.Ordinal); // of its several errors the last one is told
    }

    [Fact]
    public async Task Observer_that_ends_lets_its_calls_under_way_come_to_their_end()
    {
        var observer = new StreamObserver(TimeProvider.System);
        var underWay = Enumerable.Range(0, 4).Select(i => observer.ObserveAsync(new SourceStream($"topic-{i}", isPattern: false), Properties(("bootstrap.servers", $"127.0.0.1:{Ports.Free()}")), TimeSpan.Zero, CancellationToken.None)).ToList();

        observer.Dispose();

        foreach (var call in underWay) await Assert.ThrowsAsync<KafkaException>(() => call);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => observer.ObserveAsync(new SourceStream("topic", isPattern: false), Properties(("bootstrap.servers", "127.0.0.1:1")), TimeSpan.Zero, CancellationToken.None));
    }

    private static ImmutableSortedDictionary<string, string> Properties(params (string Name, string Value)[] properties) => properties.ToImmutableSortedDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
}
