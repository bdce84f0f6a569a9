using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Kafka;

public sealed class PreparedReadersTests : IDisposable
{
    /// <summary>Ample for what takes no more than two seconds, and less than any wait that has no end.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly MockKafka kafka = new();
    private readonly HandClock clock = new();
    private readonly PreparedReaders readers;

    public PreparedReadersTests() => readers = new PreparedReaders(clock, NullLogger.Instance);

    private ImmutableSortedDictionary<string, string> Properties => ImmutableSortedDictionary<string, string>.Empty.Add("bootstrap.servers", kafka.Address);

    public void Dispose()
    {
        readers.Dispose();
        kafka.Dispose();
    }

    [Fact]
    public void Prepared_reader_is_taken_once_by_who_reads_the_same_and_reads_from_the_offset_given()
    {
        kafka.CreateTopic("events");
        kafka.Produce("events", 1, "a", "b", "c");
        readers.Prepare(Properties, "events", [1]);
        readers.Prepare(Properties, "events", [1]);
        Assert.Equal(1, readers.Count);
        using (var other = readers.Take(Properties, "events", [2])) Assert.Equal(1, readers.Count);
        using var reader = readers.Take(Properties, "events", [1]);
        Assert.Equal(0, readers.Count);
        reader.Assign([2]);
        var read = "";
        for (var turn = 0; turn < 100 && read.Length == 0; turn++)
            if (reader.Read(100) > 0) read = Encoding.UTF8.GetString(reader[0].Value);
        Assert.Equal("c", read);
    }

    [Fact]
    public void Reader_that_nobody_takes_goes_after_half_a_minute_since_it_was_last_asked_for()
    {
        RecordReader? made = null;
        using var mine = new PreparedReaders(clock, (properties, topic, partitions) => made = Make(properties, topic, partitions));
        mine.Prepare(Properties, "events", [0]);
        clock.Pass(TimeSpan.FromSeconds(20));
        mine.Prepare(Properties, "events", [0]);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref made) is not null, Bound));
        clock.Pass(TimeSpan.FromSeconds(20));
        Assert.Equal((1, false), (mine.Count, made!.IsDisposed));
        clock.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(0, mine.Count);
        Assert.True(SpinWait.SpinUntil(() => made.IsDisposed, Bound));
    }

    [Fact]
    public void Reader_that_could_not_be_made_ahead_is_made_anew_when_it_is_taken()
    {
        var attempts = 0;
        using var mine = new PreparedReaders(clock, (properties, topic, partitions) => Interlocked.Increment(ref attempts) == 1 ? throw new KafkaSettingException("for once") : Make(properties, topic, partitions));
        mine.Prepare(Properties, "events", [0]);
        using var reader = mine.Take(Properties, "events", [0]);
        Assert.Equal((2, false), (attempts, reader.IsDisposed));
    }

    [Fact]
    public void Reader_that_could_not_be_made_ahead_is_made_anew_when_it_is_asked_for_again()
    {
        var attempts = 0;
        using var mine = new PreparedReaders(clock, (properties, topic, partitions) => Interlocked.Increment(ref attempts) == 1 ? throw new KafkaSettingException("for once") : Make(properties, topic, partitions));
        // The first may still be failing.
        Assert.True(SpinWait.SpinUntil(() => { mine.Prepare(Properties, "events", [0]); return Volatile.Read(ref attempts) == 2; }, Bound));
        mine.Take(Properties, "events", [0]).Dispose();
        Assert.Equal((2, 0), (attempts, mine.Count));
    }

    [Fact]
    public void Property_that_is_refused_is_told_to_who_takes()
    {
        var refused = Properties.Add("security.protocol", "bogus");
        readers.Prepare(refused, "events", [0]);
        Assert.Throws<KafkaSettingException>(() => readers.Take(refused, "events", [0]));
    }

    [Fact]
    public void Reader_of_a_broker_that_is_away_is_handed_out_all_the_same()
    {
        // Each partition's leader is asked for in vain, for a second each unless that ends for all of them.
        StreamPartition[] partitions = [.. Enumerable.Range(0, 30).Select(p => (StreamPartition)p)];
        var away = Properties.SetItem("bootstrap.servers", "127.0.0.1:1");
        readers.Prepare(away, "events", partitions);
        var began = Stopwatch.GetTimestamp();
        var reader = readers.Take(away, "events", partitions);
        reader.Assign(new long[partitions.Length]);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Bound);
        Assert.True(SpinWait.SpinUntil(() => { reader.Read(10); return reader.Trouble is not null; }, Bound));
        Assert.StartsWith("Kafka cannot be reached: ", reader.Trouble, StringComparison.Ordinal);
        began = Stopwatch.GetTimestamp();
        reader.Dispose();
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Bound);
    }

    private static RecordReader Make(IReadOnlyDictionary<string, string> properties, string topic, IReadOnlyList<StreamPartition> partitions) =>
        new(ReaderProperties.For(properties, NullLogger.Instance), topic, partitions, NullLogger.Instance);

    /// <summary>A clock that moves by hand, with its one timer.</summary>
    private sealed class HandClock : TimeProvider
    {
        private DateTimeOffset now = DateTimeOffset.UnixEpoch;
        private Action tick = () => { };

        public override DateTimeOffset GetUtcNow() => now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            tick = () => callback(state);
            return new NoTimer();
        }

        public void Pass(TimeSpan time)
        {
            now += time;
            tick();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;
            public void Dispose() { }
            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
