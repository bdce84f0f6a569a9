using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>From an event's bytes to a row in the segment it belongs to. Where the overlord must allocate that first, the events wait in memory, all of them in their
/// order, and reading goes on. Used by the task's thread alone.</summary>
internal sealed class EventWriter
{
    private readonly TaskSpec spec;
    private readonly RowMeter meter;
    private readonly ParseErrors errors;
    private readonly TimeProvider time;
    private readonly IEventParser parser;
    private readonly bool isEnvelope; // what is given for values
    private readonly ParsedRow row = new();
    private readonly long mostWaiting;
    private readonly Func<SegmentIdWithShardSpec, Sink> newSink;
    private readonly WaitingEvents waiting = new();
    private ReadSequence? sequenceOfRow; // of the row read last, while it has no segment
    private int partitionOfRow; // read last
    private bool hasMoreRows; // the event of that row

    /// <param name="partitions">How many there are.</param>
    /// <param name="mostWaiting">Bytes: reading goes on until so much waits.</param>
    /// <param name="newSink">Makes the place for a segment's rows.</param>
    public EventWriter(TaskSpec spec, int partitions, RowMeter meter, ParseErrors errors, TimeProvider time, long mostWaiting, Func<SegmentIdWithShardSpec, Sink> newSink)
    {
        (this.spec, this.meter, this.errors, this.time, this.mostWaiting, this.newSink) = (spec, meter, errors, time, mostWaiting, newSink);
        RowsByPartition = new long[partitions];
        parser = IEventParser.For(spec.Schema, spec.Format);
        isEnvelope = spec.Format is InputFormat.Kafka;
        if (spec.Payload.IoConfig.MinimumMessageTime is { } minimum) parser.MinimumMessageTime = minimum.ToUnixTimeMilliseconds();
        if (spec.Payload.IoConfig.MaximumMessageTime is { } maximum) parser.MaximumMessageTime = maximum.ToUnixTimeMilliseconds();
    }

    public SegmentSet Segments { get; } = new();

    /// <summary>Moves the window of message times forward (Druid's refreshRejectionPeriodsInMinutes).</summary>
    public void ShiftMessageTimes(long millis)
    {
        if (parser.MinimumMessageTime != long.MinValue) parser.MinimumMessageTime += millis;
        if (parser.MaximumMessageTime != long.MaxValue) parser.MaximumMessageTime += millis;
    }

    /// <summary>Events that wait for a segment to be allocated.</summary>
    public int Waiting => sequenceOfRow is null ? 0 : 1 + waiting.Count;

    /// <summary>Memory that these take.</summary>
    public long WaitingBytes => sequenceOfRow is null ? 0 : waiting.Bytes;

    /// <summary>The lowest id of a sequence that an event waits to be written to: neither it nor a later one is whole. Null: none waits.</summary>
    public int? FirstIncomplete => sequenceOfRow is { } first ? Math.Min(first.Id, waiting.FirstSequence ?? first.Id) : null;

    /// <summary>No more events may be written until a segment is opened: too much waits, or how many rows it will be cannot be told.</summary>
    public bool IsFull => waiting.Bytes > mostWaiting || (sequenceOfRow is not null && !parser.GivesOneRow);

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The same by the partition's index.</summary>
    public long[] RowsByPartition { get; }

    /// <summary>Writes an event to its segment, or has it wait for that.</summary>
    /// <returns>What to ask the overlord: the answer is to be given to <see cref="Open"/>. Null: nothing.</returns>
    /// <exception cref="TaskFailedException">The event cannot be parsed, and the task bears no more of these.</exception>
    public TaskAction.SegmentAllocate? Write(ReadSequence sequence, int partition, ReadOnlySpan<byte> value)
    {
        if (sequenceOfRow is null) return WriteNow(sequence, partition, value);
        waiting.Add(sequence, partition, value);
        return null;
    }

    /// <summary>Opens the segment that the overlord allocated, and writes the events that waited for it.</summary>
    /// <returns>As <see cref="Write"/>: the next one may belong to another segment.</returns>
    /// <exception cref="TaskFailedException">It allocated none, or one that does not hold the row; or as <see cref="Write"/>.</exception>
    public TaskAction.SegmentAllocate? Open(SegmentIdWithShardSpec? id)
    {
        if (id is null) throw new TaskFailedException($"Could not allocate segment for row with timestamp[{IsoTime.Write(row.TimeMillis)}]");
        if (!id.Interval.Contains(row.TimeMillis)) throw new TaskFailedException($"The segment [{id.Id}] allocated for timestamp[{IsoTime.Write(row.TimeMillis)}] does not contain it");
        var sequence = sequenceOfRow!;
        var segment = new OpenSegment(sequence.Id, id, newSink(id));
        Segments.Add(segment);
        Append(segment);
        sequenceOfRow = null;
        if (hasMoreRows && WriteRows(sequence, parser.Next(row)) is { } further) return further;
        while (waiting.TryTake(out var next, out var of, out var value))
            if (WriteNow(next, of, value) is { } needed) return needed;
        return null;
    }

    private TaskAction.SegmentAllocate? WriteNow(ReadSequence sequence, int partition, ReadOnlySpan<byte> value)
    {
        partitionOfRow = partition;
        meter.ProcessedBytes += isEnvelope && value.Length > 0 ? RecordEnvelope.ValueLength(value) : value.Length;
        return WriteRows(sequence, parser.Parse(value, row));
    }

    /// <summary>Writes the row that was read, and the event's further ones. Stops behind a row whose segment must be allocated first.</summary>
    private TaskAction.SegmentAllocate? WriteRows(ReadSequence sequence, ParseResult result)
    {
        for (; ; result = parser.Next(row))
        {
            hasMoreRows = result.HasMore;
            if (IsRow(result))
            {
                if (Segments.Find(sequence.Id, row.TimeMillis) is not { } segment)
                {
                    sequenceOfRow = sequence;
                    return Allocation(sequence);
                }
                Append(segment);
            }
            if (!hasMoreRows) return null;
        }
    }

    private void Append(OpenSegment segment)
    {
        segment.Sink.Append(row);
        Rows++;
        RowsByPartition[partitionOfRow]++;
    }

    /// <returns>Whether there is a row to be written.</returns>
    private bool IsRow(ParseResult result)
    {
        switch (result.Outcome)
        {
            case ParseOutcome.Row:
                meter.Processed++;
                return true;
            case ParseOutcome.RowWithErrors:
                meter.ProcessedWithError++;
                errors.Add(result.Outcome, result.Problem, time.GetUtcNow());
                return true;
            case ParseOutcome.Unparseable:
                meter.Unparseable++;
                errors.Add(result.Outcome, result.Problem, time.GetUtcNow());
                return false;
            case ParseOutcome.ThrownAway:
                meter.ThrownAway++;
                return false;
            default:
                return false;
        }
    }

    private TaskAction.SegmentAllocate Allocation(ReadSequence sequence) => new()
    {
        DataSource = spec.Payload.DataSource,
        Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(row.TimeMillis),
        QueryGranularity = spec.Schema.QueryGranularity,
        PreferredSegmentGranularity = spec.Schema.SegmentGranularity,
        SequenceName = sequence.Name,
        TaskLockType = LockType(),
    };

    // Druid's order: concurrent locks append; else the context's taskLockType; else shared or exclusive.
    private string LockType()
    {
        if (spec.Payload.Context is not { ValueKind: System.Text.Json.JsonValueKind.Object } context) return TaskLock.Exclusive;
        if (IsTrue(context, "useConcurrentLocks")) return TaskLock.Append;
        if (context.TryGetProperty("taskLockType", out var type) && type.GetString() is { } name) return name;
        return IsTrue(context, "useSharedLock") ? TaskLock.Shared : TaskLock.Exclusive;
    }

    private static bool IsTrue(System.Text.Json.JsonElement context, string name) => context.TryGetProperty(name, out var flag) && flag.ToString().Equals("true", StringComparison.OrdinalIgnoreCase);
}
