using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>From an event's bytes to a row in the segment it belongs to. Used by the task's thread alone.</summary>
internal sealed class EventWriter
{
    private readonly TaskSpec spec;
    private readonly RowMeter meter;
    private readonly ParseErrors errors;
    private readonly TimeProvider time;
    private readonly EventParser parser;
    private readonly ParsedRow row = new();

    public EventWriter(TaskSpec spec, RowMeter meter, ParseErrors errors, TimeProvider time)
    {
        (this.spec, this.meter, this.errors, this.time) = (spec, meter, errors, time);
        parser = new EventParser(spec.Schema);
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

    /// <summary>Reads an event.</summary>
    /// <returns>Whether there is a row to be written.</returns>
    /// <exception cref="TaskFailedException">It cannot be parsed, and the task bears no more of these.</exception>
    public bool Parse(ReadOnlySpan<byte> value)
    {
        meter.ProcessedBytes += value.Length;
        var result = parser.Parse(value, row);
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
            default:
                meter.ThrownAway++;
                return false;
        }
    }

    /// <summary>Writes the row read last.</summary>
    /// <returns>Null: the segment must be allocated first.</returns>
    public OpenSegment? Append(ReadSequence sequence)
    {
        var segment = Segments.Find(sequence.Id, row.TimeMillis);
        segment?.Sink.Append(row);
        return segment;
    }

    /// <summary>What to ask the overlord for the row read last.</summary>
    public TaskAction.SegmentAllocate Allocation(ReadSequence sequence) => new()
    {
        DataSource = spec.Payload.DataSource,
        Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(row.TimeMillis),
        QueryGranularity = spec.Schema.QueryGranularity,
        PreferredSegmentGranularity = spec.Schema.SegmentGranularity,
        SequenceName = sequence.Name,
        TaskLockType = LockType(),
    };

    /// <summary>Opens the segment that the overlord allocated.</summary>
    /// <exception cref="TaskFailedException">It allocated none, or one that does not hold the row.</exception>
    public void Open(ReadSequence sequence, SegmentIdWithShardSpec? id, Func<SegmentIdWithShardSpec, Sink> newSink)
    {
        var instant = DateTimeOffset.FromUnixTimeMilliseconds(row.TimeMillis);
        if (id is null) throw new TaskFailedException($"Could not allocate segment for row with timestamp[{Contracts.Json.IsoTime.Write(instant)}]");
        if (!id.Interval.Contains(row.TimeMillis)) throw new TaskFailedException($"The segment [{id.Id}] allocated for timestamp[{Contracts.Json.IsoTime.Write(instant)}] does not contain it");
        Segments.Add(new OpenSegment(sequence.Id, id, newSink(id)));
    }

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
