using System.Collections.Immutable;
using System.Text;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Kafka;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Parsing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class SinkMemoryTests : IDisposable
{
    private static readonly DataSchema Schema = Ingested.Schema("s");
    private readonly string folder = Directory.CreateTempSubdirectory("sink-memory-tests").FullName;
    private readonly HttpClient http = new();
    private readonly EventParser parser = new(Schema);
    private readonly ParsedRow row = new();
    private readonly SegmentSet segments = new();

    public void Dispose()
    {
        http.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Reading_goes_on_during_a_spill_until_the_share_is_used_up()
    {
        const int Share = 1 << 20;
        using var memory = Memory(Share);
        var sink = Open(memory);
        var inTheWay = Path.Combine(folder, "task", "0", "0.spill");
        File.WriteAllText(inTheWay, ""); // holds the spill up: it is tried again
        while (sink.BytesInMemory < Share / 2) Append(sink, "x");
        Check(memory, _ => { });
        Assert.Equal(0, sink.RowsInMemory);
        while (sink.BytesInMemory < Share * 0.8) Append(sink, "x");
        var rows = sink.RowsInMemory;
        Check(memory, _ => Assert.Fail("there is memory left"));
        Assert.Equal(rows, sink.RowsInMemory);
        while (sink.BytesInMemory < Share) Append(sink, "x");
        var hasWaited = false;
        Check(memory, spill =>
        {
            hasWaited = !spill.IsCompleted;
            File.Delete(inTheWay);
            Wait(spill);
        });
        Assert.Equal((true, 0), (hasWaited, sink.RowsInMemory));
        Wait(memory.Settled());
    }

    [Fact]
    public void Sinks_of_a_few_rows_are_not_worth_a_file()
    {
        using var memory = Memory(1_000);
        var (few, many) = (Open(memory), Open(memory));
        for (var i = 0; i < 100; i++) Append(few, $"{i}{new string('x', 1_000)}");
        for (var i = 0; i < 600; i++) Append(many, "x");
        Assert.True(few.BytesToSpill > many.BytesToSpill);
        for (var i = 0; i < 2; i++)
        {
            Check(memory, Wait);
            Assert.Equal((100, 0), (few.RowsInMemory, many.RowsInMemory));
        }
        Wait(memory.Settled());
    }

    [Fact]
    public void Task_that_reads_nothing_spills_when_another_runs_out_of_memory()
    {
        var services = Services(1 << 20);
        var isWoken = false;
        using var idle = Memory(0, services, "idle", () => isWoken = true);
        using var busy = Memory(0, services, "busy");
        var large = Open(idle);
        while (large.BytesInMemory < services.Memory.RowBytes * 0.4) Append(large, "x");
        Check(idle, _ => Assert.Fail("there is memory left"));
        var mine = segments.All.ToList();
        segments.Take(0);
        var small = Open(busy);
        while (small.BytesInMemory < services.Memory.RowBytes * 0.2) Append(small, "x");
        Check(busy, _ => Assert.Fail("nothing of its own is in its way"));
        Assert.True(isWoken);
        var theirs = new SegmentSet();
        theirs.Add(mine[0]);
        idle.SpillIfAsked(theirs, 0);
        Wait(idle.Settled());
        Assert.Equal((0, 0L), (large.RowsInMemory, large.BytesInMemory / 4_096));
        Assert.True(small.RowsInMemory > 0);
        Assert.InRange(services.Memory.Used, small.BytesInMemory, small.BytesInMemory + 4_096);
    }

    [Fact]
    public void Sink_with_one_row_costs_little()
    {
        using var memory = Memory(0);
        var sink = Open(memory);
        Append(sink, "x");
        Assert.InRange(sink.BytesInMemory, 1, 4_096);
    }

    private static void Wait(Task spill) => Assert.True(spill.Wait(TimeSpan.FromSeconds(30)));

    private void Check(SinkMemory memory, Action<Task> wait)
    {
        memory.SpillIfFull(segments, 512, 4 << 20, 0, wait);
    }

    private Sink Open(SinkMemory memory)
    {
        var id = new SegmentIdWithShardSpec { DataSource = "test", Interval = Ingested.Day, Version = "1", ShardSpec = new NumberedShardSpec { PartitionNum = segments.All.Count } };
        var sink = memory.NewSink(id);
        segments.Add(new OpenSegment(segments.All.Count, id, sink));
        return sink;
    }

    private void Append(Sink sink, string value)
    {
        parser.Parse(Encoding.UTF8.GetBytes(Ingested.Event($"\"s\":\"{value}\"")), row);
        sink.Append(row);
    }

    private WorkerServices Services(long memory)
    {
        var options = new WorkerOptions { Overlords = [new Uri("http://127.0.0.1:1")], DeepStorage = folder, WorkDirectory = folder, MemoryBytes = memory, Capacity = 1 };
        return new WorkerServices(options, new OverlordClient(options.Overlords, http, NullLogger.Instance), new LocalDeepStorage(folder, NullLogger.Instance), new PreparedReaders(TimeProvider.System, NullLogger.Instance), NullLoggerFactory.Instance, TimeProvider.System, folder);
    }

    private SinkMemory Memory(long bytes, WorkerServices? services = null, string id = "task", Action? wake = null)
    {
        var offsets = PartitionOffsets.Of((0, 0));
        var payload = new IndexTaskPayload
        {
            Id = id,
            Resource = new TaskResource { AvailabilityGroup = "group" },
            IoConfig = new IndexTaskIoConfig { TaskGroupId = 0, BaseSequenceName = "base", StartSequenceNumbers = StreamSequence.StartOf("events", offsets), EndSequenceNumbers = StreamSequence.EndOf("events", offsets), ConsumerProperties = ImmutableSortedDictionary<string, string>.Empty },
            GroupId = "group",
            DataSource = "test",
        };
        return new SinkMemory(new TaskSpec(payload, Schema, new TuningConfig { MaxBytesInMemory = bytes }, IndexSpec.Default), services ?? Services(1L << 30), wake ?? (() => { }), _ => { }, CancellationToken.None);
    }
}
