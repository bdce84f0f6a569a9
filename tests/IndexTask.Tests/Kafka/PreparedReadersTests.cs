using System.Collections.Immutable;
using System.Text;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Kafka;

public sealed class PreparedReadersTests : IDisposable
{
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
        readers.Prepare(Properties, "events", [0]);
        clock.Pass(TimeSpan.FromSeconds(20));
        readers.Prepare(Properties, "events", [0]);
        clock.Pass(TimeSpan.FromSeconds(20));
        Assert.Equal(1, readers.Count);
        clock.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(0, readers.Count);
    }

    [Fact]
    public void Reader_of_a_broker_that_is_away_is_handed_out_all_the_same()
    {
        var away = Properties.SetItem("bootstrap.servers", "127.0.0.1:1");
        readers.Prepare(away, "events", [0]);
        using var reader = readers.Take(away, "events", [0]);
        reader.Assign([0]);
        Assert.True(reader.Read(10) <= 1);
    }

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
