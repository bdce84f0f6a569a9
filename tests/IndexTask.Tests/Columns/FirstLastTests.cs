using System.Text;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Parsing;
using Ingestion.IndexTask.Tests.Segment;

namespace Ingestion.IndexTask.Tests.Columns;

/// <summary>What the recorded cases of <see cref="Druid33SegmentTests"/> do not show of first and last aggregators.</summary>
public sealed class FirstLastTests
{
    private static readonly AggregatorSpec[] Metrics =
    [
        new("first", AggregatorKind.LongFirst, "v") { TimeColumn = "when" },
        new("last", AggregatorKind.DoubleLast, "v"),
        new("text", AggregatorKind.StringLast, "s") { TimeColumn = "when", MaxStringBytes = 3 },
    ];

    [Fact]
    public void Fields_and_time_columns_are_not_discovered_as_dimensions()
    {
        var schema = Ingested.Schema("", rollup: true) with { Metrics = [.. Metrics] };
        Assert.Equal(
            ["a='x' b=null first=TimedValue { Time = 3, Value = 7 } last=TimedValue { Time = 1442016000000, Value = 8 } text=TimedValue { Time = 4, Value = two }", "a='x' b='y' first=TimedValue { Time = 9, Value =  } last=TimedValue { Time = 1442016000000, Value =  } text=TimedValue { Time = -4611686018427387904, Value =  }"],
            Ingested.Rows(schema, Ingested.Event("\"a\":\"x\",\"when\":3,\"v\":7,\"s\":\"one\""), Ingested.Event("\"a\":\"x\",\"when\":4,\"v\":8,\"s\":\"twoo\""), Ingested.Event("\"a\":\"x\",\"b\":\"y\",\"when\":9")));
    }

    [Fact]
    public void Nothing_is_allocated_for_an_event_that_joins_a_row()
    {
        var schema = Ingested.Schema("d", rollup: true) with { Metrics = [.. Metrics], QueryGranularity = Granularity.Day };
        var (parser, row, sink) = (new EventParser(schema), new ParsedRow(), new Sink(schema, Ingested.Day));
        byte[][] events = [.. Enumerable.Range(0, 100).Select(i => Encoding.UTF8.GetBytes(Ingested.Event($"\"d\":\"x\",\"when\":{i * 37 % 100},\"v\":{i},\"s\":\"text {i}\"")))];
        Append();
        Append();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 50; round++)
            Append();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1, sink.RowCount);

        void Append()
        {
            foreach (var bytes in events)
            {
                parser.Parse(bytes, row);
                sink.Append(row);
            }
        }
    }

    [Fact]
    public void Random_events_give_the_same_segment_with_and_without_spills_when_no_two_times_are_equal()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var schema = Ingested.Schema("d", rollup: seed % 2 == 0) with
            {
                Metrics = [.. Enum.GetValues<AggregatorKind>().Where(kind => new AggregatorSpec("", kind, "").IsTimed).Select(kind => new AggregatorSpec($"m{kind}", kind, "v") { TimeColumn = "when" })],
            };
            var whens = Enumerable.Range(-100, 200).ToArray();
            random.Shuffle(whens);
            var events = whens.Select(when => Ingested.Event($"\"d\":{random.Next(5)},\"when\":{when},\"v\":{random.Next(4) switch { 0 => "null", 1 => $"{random.Next()}", 2 => "1.5", _ => $"\"{random.Next(9)}\"" }}")).ToList();
            using var whole = SegmentDirectory.Of(Ingested.Into(schema, events).Sink.ToContent(IndexSpec.Default));
            using var spills = new SegmentDirectory();
            using var sink = new Sink(schema, Ingested.Day, spills.Path);
            var (parser, row) = (new EventParser(schema), new ParsedRow());
            foreach (var text in events)
            {
                parser.Parse(Encoding.UTF8.GetBytes(text), row);
                sink.Append(row);
                if (random.Next(20) == 0)
                    sink.Spill(CancellationToken.None);
            }

            using var merged = SegmentDirectory.Of(sink.ToContent(IndexSpec.Default));
            SegmentDirectory.AssertSame(whole.Path, merged.Path);
        }
    }
}
