using System.Text;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Parsing;
using Xunit;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class WaitingEventsTests
{
    private static readonly ReadSequence First = new(0, "base_0", PartitionOffsets.Of((0, 0)), PartitionOffsets.Of((0, 9)), HasEnd: true);
    private static readonly ReadSequence Second = First with { Id = 1, Name = "base_1" };

    [Fact]
    public void Events_come_out_as_they_went_in_and_null_is_not_empty()
    {
        var waiting = new WaitingEvents();
        waiting.Add(Second, 2, "one"u8);
        waiting.Add(First, 1, default);
        waiting.Add(First, 1, ""u8);
        Assert.Equal((3, 0), (waiting.Count, waiting.FirstSequence));
        Assert.Equal("one", Take(waiting, Second, 2));
        Assert.Null(Take(waiting, First, 1));
        Assert.Equal("", Take(waiting, First, 1));
        Assert.Equal((0, 0, (int?)null), (waiting.Count, waiting.Bytes, waiting.FirstSequence));
        Assert.False(waiting.TryTake(out _, out _, out _));
    }

    [Fact]
    public void Queue_that_never_gets_empty_holds_no_more_memory_than_it_needs()
    {
        var waiting = new WaitingEvents();
        var value = new byte[1_000];
        waiting.Add(First, 1, value);
        for (var i = 0; i < 100_000; i++)
        {
            waiting.Add(First, 1, value);
            Assert.True(waiting.TryTake(out _, out _, out var taken) && taken.Length == value.Length);
        }
        Assert.True(waiting.Capacity < 1 << 18, $"{waiting.Capacity} bytes for one event");
    }

    private static string? Take(WaitingEvents waiting, ReadSequence sequence, int partition)
    {
        Assert.True(waiting.TryTake(out var of, out var from, out var value));
        Assert.Equal((sequence, partition), (of, from));
        return RecordValue.IsNull(value) ? null : Encoding.UTF8.GetString(value);
    }
}
