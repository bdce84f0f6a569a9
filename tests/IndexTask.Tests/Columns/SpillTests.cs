using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Parsing;
using Ingestion.IndexTask.Tests.Segment;

namespace Ingestion.IndexTask.Tests.Columns;

public sealed class SpillTests
{
    [Fact]
    public void Segment_is_the_same_to_the_byte_with_and_without_spills()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var schema = RandomEvents.Schema(random);
            var events = RandomEvents.Events(random, random.Next(1, 500));
            using var whole = SegmentDirectory.Of(Ingested.Into(schema, events).Sink.ToContent(IndexSpec.Default));
            using var spilled = Spilled(schema, events, () => random.Next(40) == 0);
            var (expected, actual) = (SegmentDirectory.InternalFiles(whole.Path), SegmentDirectory.InternalFiles(spilled.Path));
            Assert.Equal(expected.Keys, actual.Keys);
            foreach (var (name, bytes) in expected)
                Assert.True(bytes.AsSpan().SequenceEqual(actual[name]), $"seed {seed}: column {name} differs");
        }
    }

    [Fact]
    public void Columns_whose_type_is_found_out_are_the_same_with_and_without_spills()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var schema = Ingested.Schema("", "c:Count", rollup: seed % 2 == 0) with { UsesSchemaDiscovery = true };
            var events = Enumerable.Range(0, random.Next(1, 300)).Select(i => Ingested.Event(string.Join(',', ((string[])
            [
                $"\"long\":{random.Next(-20, 20)}", $"\"double\":{random.Next(-9, 9)}.5", $"\"both\":{(random.Next(2) == 0 ? $"{random.Next(40)}" : $"{random.Next(40)}.25")}",
                $"\"mixed\":{(random.Next(3) == 0 ? "\"x\"" : $"{random.Next(30)}")}", $"\"late\":{(i > 100 ? $"{random.Next(5)}" : "null")}", $"\"becomes\":{(i > 200 ? "\"text\"" : $"{random.Next(120)}")}",
            ]).Where(_ => random.Next(5) > 0)))).ToList();
            using var whole = SegmentDirectory.Of(Ingested.Into(schema, events).Sink.ToContent(IndexSpec.Default));
            using var spilled = Spilled(schema, events, () => random.Next(30) == 0);
            var (expected, actual) = (SegmentDirectory.InternalFiles(whole.Path), SegmentDirectory.InternalFiles(spilled.Path));
            Assert.Equal(expected.Keys, actual.Keys);
            foreach (var (name, bytes) in expected)
                Assert.True(bytes.AsSpan().SequenceEqual(actual[name]), $"seed {seed}: column {name} differs");
        }
    }

    [Fact]
    public void Rows_are_appended_while_a_spill_is_written_and_count_all_the_time()
    {
        using var directory = new SegmentDirectory();
        var schema = Ingested.Schema("s");
        using var sink = new Sink(schema, Ingested.Day, directory.Path);
        Append(sink, schema, "1", "2");
        var bytes = sink.BytesInMemory;
        var spill = sink.BeginSpill()!;
        Append(sink, schema, "0");
        Assert.Equal((3, 1, 2), (sink.RowCount, sink.RowsInMemory, spill.RowCount));
        Assert.Throws<InvalidOperationException>(() => sink.ToContent(IndexSpec.Default));
        Assert.True(sink.BytesInMemory > bytes);
        spill.Write(CancellationToken.None);
        Assert.Equal((3, 1), (sink.RowCount, sink.RowsInMemory));
        Assert.InRange(sink.BytesInMemory, 1, bytes);
        Assert.Equal(["s='0'", "s='1'", "s='2'"], Ingested.Rows(sink));
    }

    [Fact]
    public void Temporary_files_go_with_the_sink()
    {
        using var directory = new SegmentDirectory();
        var schema = Ingested.Schema("s");
        using (var sink = new Sink(schema, Ingested.Day, directory.Path))
        {
            Append(sink, schema, "1");
            sink.Spill(CancellationToken.None);
            Append(sink, schema, "2");
            sink.Spill(CancellationToken.None);
            sink.Spill(CancellationToken.None);
            Assert.Equal(2, Directory.GetFiles(directory.Path).Length);
        }

        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void Spill_that_cannot_be_written_keeps_its_rows_and_may_be_tried_again()
    {
        using var directory = new SegmentDirectory();
        var schema = Ingested.Schema("s");
        using var sink = new Sink(schema, Ingested.Day, directory.Path);
        Append(sink, schema, "1");
        var spill = sink.BeginSpill()!;
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => spill.Write(cancelled.Token));
        Assert.Empty(Directory.GetFiles(directory.Path));
        Assert.Equal(1, sink.RowCount);
        spill.Write(CancellationToken.None);
        Assert.Equal(["s='1'"], Ingested.Rows(sink));
    }

    [Fact]
    public void Segment_that_fails_on_a_full_work_disk_may_be_asked_for_again()
    {
        using var directory = new SegmentDirectory();
        var schema = Ingested.Schema("s");
        using var sink = new Sink(schema, Ingested.Day, directory.Path);
        Append(sink, schema, "1");
        sink.Spill(CancellationToken.None);
        Append(sink, schema, "2");
        var inTheWay = Path.Combine(directory.Path, "1.spill");
        File.WriteAllText(inTheWay, "");
        Assert.Throws<IOException>(() => sink.ToContent(IndexSpec.Default));
        Assert.Throws<IOException>(() => sink.ToContent(IndexSpec.Default));
        File.Delete(inTheWay);
        Assert.Equal(["s='1'", "s='2'"], Ingested.Rows(sink));
        Assert.Equal(["s='1'", "s='2'"], Ingested.Rows(sink));
    }

    private static void Append(Sink sink, DataSchema schema, params string[] values)
    {
        var (parser, row) = (new EventParser(schema), new ParsedRow());
        foreach (var value in values)
        {
            Assert.Equal(default, parser.Parse(Encoding.UTF8.GetBytes(Ingested.Event($"\"s\":\"{value}\"")), row));
            sink.Append(row);
        }
    }

    private static SegmentDirectory Spilled(DataSchema schema, IEnumerable<string> events, Func<bool> spillsNow)
    {
        using var directory = new SegmentDirectory();
        using var sink = new Sink(schema, Ingested.Day, directory.Path);
        var (parser, row) = (new EventParser(schema), new ParsedRow());
        foreach (var json in events)
        {
            parser.Parse(Encoding.UTF8.GetBytes(json), row);
            sink.Append(row);
            if (spillsNow())
                sink.Spill(CancellationToken.None);
        }

        return SegmentDirectory.Of(sink.ToContent(IndexSpec.Default));
    }
}
