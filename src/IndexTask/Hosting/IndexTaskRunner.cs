using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.IndexTask.Kafka;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>
/// Runs one index task on a thread of its own: reads, writes rows, does what <see cref="TaskMachine"/> decides. Publishing goes on in the
/// background. Commands come in through the mailbox, so the machine is only ever touched by this thread; it also serves them while it waits for
/// the overlord. Whatever goes wrong ends this task only.
/// </summary>
internal sealed class IndexTaskRunner
{
    private const int IdleWaitMillis = 500;
    private const long HoldMostMillis = 60_000;

    /// <summary>How long its successor has the cores to itself: a rollover's gap is under 100 ms.</summary>
    private static readonly TimeSpan TakeOver = TimeSpan.FromMilliseconds(250);

    private readonly TaskSpec spec;
    private readonly WorkerServices services;
    private readonly Action changed;
    private readonly TaskMachine machine;
    private readonly EventWriter writer;
    private readonly RecordPacking? packing;
    private readonly TaskActions actions;
    private readonly PublishChain publishing;
    private readonly SinkMemory memory;
    private readonly TaskTroubles troubles;
    private readonly Action<string?> heldBack;
    private readonly Mailbox mailbox = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskLog log;
    private readonly ILogger logger, story;
    private readonly long[] positions;
    private Exception? failure;
    private RecordReader? reader;
    private TaskReport report;
    private string? readTrouble, stopReason = "Task was asked to stop before completing";
    private long assignAgainAt = long.MaxValue, shiftAt = long.MaxValue, rowsLeft, heldUntil = long.MinValue;
    private bool isAskingForCheckpoint;

    public IndexTaskRunner(TaskSpec spec, WorkerServices services, Action changed)
    {
        log = services.Logs.Open(spec.Payload.Id);
        var loggers = new TaskLoggers(services.Loggers, log);
        services = services with { Loggers = loggers };
        (this.spec, this.services, this.changed) = (spec, services, changed);
        (logger, story) = (loggers.CreateLogger<IndexTaskRunner>(), loggers.Quiet<IndexTaskRunner>());
        troubles = new TaskTroubles(story);
        machine = new TaskMachine(spec.Plan(services.Options));
        positions = new long[machine.Partitions.Length];
        Timeline = new TaskTimeline(machine.Partitions, services.Time);
        Errors = new ParseErrors(spec.Tuning.MaxParseExceptions, spec.Tuning.MaxSavedParseExceptions, spec.Tuning.LogParseExceptions ? story : null);
        actions = new TaskActions(services.Overlord, spec.Payload, troubles.Of(TroubleSource.Asking));
        heldBack = troubles.Of(TroubleSource.HeldBack);
        var committing = troubles.Of(TroubleSource.Committing);
        var publisher = new SequencePublisher(spec.Payload, new TaskActions(services.Overlord, spec.Payload, committing), services.DeepStorage, spec.IndexSpec, troubles.Of(TroubleSource.Pushing), committing, services.Loggers.CreateLogger<SequencePublisher>());
        memory = new SinkMemory(spec, services, mailbox.Signal, troubles.Of(TroubleSource.Spilling), stopping.Token);
        publishing = new PublishChain(publisher, memory, mailbox, (sequence, segments) => { machine.Published(sequence.Id); SegmentsPublished += segments; }, problem => failure ??= problem, stopping.Token);
        writer = new EventWriter(spec, machine.Partitions.Length, Meter, Errors, services.Time, services.Memory.MostWaiting, memory.NewSink);
        if (spec.Format is InputFormat.Kafka format) packing = new RecordPacking(spec.Payload.IoConfig.StartSequenceNumbers.Name, machine.Partitions, withHeaders: format.Headers is not null);
        report = new TaskReport { Id = Id, Outcome = TaskOutcome.Running, Phase = TaskPhase.NotStarted };
    }

    public string Id => spec.Payload.Id;
    public IndexTaskPayload Payload => spec.Payload;
    public RowMeter Meter { get; } = new();
    public TaskTimeline Timeline { get; }
    public ParseErrors Errors { get; }
    public int SegmentsPublished { get; private set; }

    /// <summary>How the task stands; current offsets and rows as of now.</summary>
    public TaskReport Report
    {
        get
        {
            var known = Volatile.Read(ref report);
            if (known.StartTime is null) return known with { ErrorMsg = known.ErrorMsg ?? Trouble };
            var offsets = new PartitionOffsets(machine.Partitions.Select((p, i) => KeyValuePair.Create(p, Volatile.Read(ref positions[i]))));
            return known with { CurrentOffsets = offsets, Rows = Meter.Totals, ProcessedRate = Meter.ProcessedRate, PollIdleRatio = Meter.IdleRatio, ErrorMsg = known.ErrorMsg ?? Trouble };
        }
    }

    private string? Trouble => (readTrouble ?? reader?.Trouble, troubles.Text) switch
    {
        ({ } reading, { } others) => $"{reading}; {others}",
        var (reading, others) => reading ?? others,
    };
    private long Now => services.Time.GetTimestamp() * 1000 / services.Time.TimestampFrequency;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "task " + Id }.Start();

    /// <summary>Ends the task without publishing what is not being published already.</summary>
    public void Stop(string reason)
    {
        stopReason = reason;
        stopping.Cancel();
        mailbox.Signal();
    }

    /// <summary>Tells its log of a request to it: what follows there is what comes of it.</summary>
    public void Asked(string path, string requestId) => TaskStory.Asked(story, path, requestId);

    /// <summary>The current offsets; null: the task cannot be paused.</summary>
    public Task<PartitionOffsets?> Pause(long? leaseMillis) => mailbox.Ask(() =>
    {
        var paused = Told(machine.Pause(Now, leaseMillis));
        if (paused is null) return null;
        services.Readers.Prepare(spec.Payload.IoConfig.ConsumerProperties, spec.Payload.IoConfig.StartSequenceNumbers.Name, machine.Partitions); // for who reads on from here
        TaskStory.Paused(story, $"{paused}");
        return paused;
    });
    public Task<bool> Resume() => mailbox.Ask(() =>
    {
        TaskStory.Resumed(story);
        return Told(machine.Resume(Now));
    });

    /// <summary>Reads nothing for so long, for slower replicas to catch up. An end that is set ends it: records up to there may be missing.</summary>
    public Task<bool> Hold(long millis) => mailbox.Ask(() => { heldUntil = Now + Math.Clamp(millis, 0, HoldMostMillis); return true; });
    public Task<EndOffsetsAnswer> SetEndOffsets(PartitionOffsets offsets, bool finish, bool staysPaused) => mailbox.Ask(() =>
    {
        heldUntil = long.MinValue;
        var answer = machine.SetEndOffsets(offsets, finish, Now, staysPaused);
        TaskStory.EndSet(story, $"{offsets}", finish, answer is EndOffsetsAnswer.Refused refused ? refused.Reason : "accepted");
        return Told(answer);
    });

    private T Told<T>(T answer)
    {
        rowsLeft = 0; // the sequence may have changed
        Tell();
        return answer;
    }

    private void Run()
    {
        var began = Now;
        string? error = null;
        try
        {
            HostLog.TaskStarts(logger, Id);
            var (io, end) = (spec.Payload.IoConfig, spec.Payload.IoConfig.EndSequenceNumbers.Offsets);
            TaskStory.Begins(story, Id, spec.Payload.Supervisor, io.TaskGroupId, io.BaseSequenceName, io.StartSequenceNumbers.Name, $"{io.StartSequenceNumbers.Offsets}", $"{end}", spec.Payload.DataSource);
            machine.BeginStarting();
            Tell();
            OpenReader();
            machine.BeginReading(Now);
            report = report with { StartTime = services.Time.GetUtcNow() };
            if (spec.Payload.IoConfig.RefreshRejectionPeriodsInMinutes is { } minutes) shiftAt = Now + minutes * 60_000;
            Tell();
            while (machine.Phase != TaskPhase.Publishing) Read();
            heldBack(null);
            CloseReader();
            while (!machine.IsComplete) Attend(IdleWaitMillis);
            HostLog.TaskSucceeds(logger, Id);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { error = stopReason; }
        catch (Exception problem)
        {
            error = problem is TaskFailedException or PublishFailedException or TaskActionRefusedException or KafkaSettingException ? problem.Message : $"{problem.GetType().Name}: {problem.Message}";
            HostLog.TaskFails(logger, Id, problem);
        }
        End(error, Now - began);
    }

    // Publishes and spills read and write the sinks' mapped files: those go once these have seen the cancellation. Unmapping before would end the
    // process, so where it takes long they stay until then.
    private void End(string? error, long duration)
    {
        if (error is not null) stopping.Cancel();
        memory.Retire();
        var over = Task.WhenAll(publishing.All, memory.Settled());
        try { over.Wait(TimeSpan.FromSeconds(10)); }
        catch (AggregateException problem) { HostLog.PublishEnds(logger, Id, problem.InnerExceptions[0]); }
        CloseReader();
        if (over.IsCompleted) memory.Dispose();
        else _ = over.ContinueWith(_ => memory.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        var ended = Report with { Outcome = error is null ? TaskOutcome.Success : TaskOutcome.Failed, Duration = duration, ErrorMsg = error };
        var rows = ended.Rows;
        TaskStory.Ends(story, Id, duration, error is null ? "SUCCESS" : $"FAILED: {error}", rows.Processed, rows.ProcessedBytes, rows.ProcessedWithError, rows.ThrownAway, rows.Unparseable, SegmentsPublished, $"{ended.CurrentOffsets}");
        services.Logs.Close(log, json => TaskReportJson.WriteFinal(json, spec.Payload, ended, Errors.Saved, machine.Partitions.Zip(writer.RowsByPartition)));
        report = ended; // who sees it finds log and report
        mailbox.Wake = () => { };
        mailbox.Dispose();
        changed();
    }

    private void OpenReader()
    {
        reader = services.Readers.Take(spec.Payload.IoConfig.ConsumerProperties, spec.Payload.IoConfig.StartSequenceNumbers.Name, machine.Partitions, services.Loggers.CreateLogger<RecordReader>());
        mailbox.Wake = reader.Wake;
        Assign();
        Timeline.Bound();
    }

    private void CloseReader()
    {
        mailbox.Wake = () => { };
        reader?.Dispose();
        reader = null;
    }

    // Partitions that are read to their end are left out.
    private void Assign()
    {
        var current = machine.Current;
        reader!.Assign([.. machine.Partitions.Select((p, i) => machine.IsDone(i) ? -1 : current[p])]);
        assignAgainAt = long.MaxValue;
        TaskStory.Reads(story, $"{current}");
    }

    // One turn: commands, a batch of records, what follows from them.
    private void Read()
    {
        Attend(0);
        if (machine.Phase == TaskPhase.Paused) { Attend(IdleWaitMillis); return; }
        if (IsHeldBack()) { AttendHeldBack(); return; }
        if (Now >= assignAgainAt) Assign();
        if (Now >= shiftAt && writer.Waiting == 0) { writer.ShiftMessageTimes(spec.Payload.IoConfig.RefreshRejectionPeriodsInMinutes!.Value * 60_000); shiftAt += spec.Payload.IoConfig.RefreshRejectionPeriodsInMinutes.Value * 60_000; }
        rowsLeft = 0;
        var began = services.Time.GetTimestamp();
        var count = machine.Phase == TaskPhase.Reading ? reader!.Read(IdleWaitMillis) : 0;
        Meter.Waited(services.Time.GetElapsedTime(began));
        var bytes = Meter.ProcessedBytes;
        for (var i = 0; i < count; i++) Take(reader![i]);
        Timeline.BatchIsOver();
        if (count == 0) CheckRows();
        memory.SpillIfFull(writer.Segments, count, Meter.ProcessedBytes - bytes, writer.WaitingBytes, WaitFor);
        Tell();
    }

    // No budget counts the rows of sequences handed over: deep storage that takes nothing would fill the memory, sequence by sequence. One is
    // pushed while the next one is read; when that one is read too, reading waits.
    private bool IsHeldBack()
    {
        var reason = publishing.Unpushed > 1 ? $"{publishing.Unpushed} sequences wait to be written to deep storage: reading waits for them"
            : Now < heldUntil ? "it is ahead of another replica of its group and waits for it" : memory.WaitReason();
        heldBack(reason);
        return reason is not null;
    }

    // A task that waits for its twin could read more: for the auto-scaler it is idle. One that waits for deep storage or memory is not.
    private void AttendHeldBack()
    {
        var (began, waitsForTwin) = (services.Time.GetTimestamp(), publishing.Unpushed <= 1 && Now < heldUntil);
        Attend(Math.Clamp(heldUntil - Now, 1, IdleWaitMillis));
        if (waitsForTwin) Meter.Waited(services.Time.GetElapsedTime(began));
    }

    private void Take(KafkaRecord record)
    {
        var partition = record.Partition;
        switch (record.Kind)
        {
            case KafkaRecordKind.Event when partition >= 0:
                Timeline.Fetched();
                var rows = writer.Rows;
                var isOurs = Write(partition, record.Offset, packing is null ? record.Value : packing.Pack(record));
                machine.Advance(partition, record.Offset + 1);
                if (!isOurs) break;
                Timeline.Took(partition);
                rowsLeft -= Math.Max(1, writer.Rows - rows);
                if (rowsLeft <= 0) CheckRows();
                break;
            case KafkaRecordKind.EndOfPartition when partition >= 0:
                machine.Advance(partition, record.Offset);
                break;
            case KafkaRecordKind.OffsetOutOfRange when partition >= 0:
                ReadLater($"Kafka does not have offset {machine.Current[machine.Partitions[partition]]} of partition [{machine.Partitions[partition]}]: {record.ErrorText}");
                return;
            case KafkaRecordKind.Error:
                ReadLater(record.ErrorText);
                return;
        }
        readTrouble = null;
    }

    private void ReadLater(string problem)
    {
        if (readTrouble != problem) HostLog.ReadTrouble(logger, Id, problem);
        readTrouble = problem;
        assignAgainAt = Math.Min(assignAgainAt, Now + services.ReadRetryMillis);
    }

    /// <returns>False: the record lies outside of what the task reads, as those that were fetched with the last ones.</returns>
    private bool Write(int partition, long offset, ReadOnlySpan<byte> value)
    {
        while (machine.Phase == TaskPhase.Paused || writer.IsFull) Attend(IdleWaitMillis);
        if (machine.SequenceOf(partition, offset) is not { } sequence) return false;
        if (writer.Write(sequence, partition, value) is { } needed) _ = AllocateAsync(needed);
        return true;
    }

    // Reading goes on meanwhile: what it reads waits in the writer.
    private async Task AllocateAsync(TaskAction.SegmentAllocate needed)
    {
        try
        {
            var id = await actions.Allocate(needed, stopping.Token);
            mailbox.Post(() => Open(id));
        }
        catch (Exception problem) { mailbox.Post(() => failure ??= problem); }
    }

    private void Open(SegmentIdWithShardSpec? id)
    {
        try
        {
            if (id is not null) TaskStory.SegmentOpened(story, id.Id);
            if (writer.Open(id) is { } next) _ = AllocateAsync(next);
        }
        catch (Exception problem) { failure ??= problem; } // and commands that came with it are answered
    }

    // Exact without counting rows after every record: no segment can reach a limit before as many rows as are missing have been added. Which segment
    // the waiting ones will go to is not known, so where it could matter that is waited for.
    private void CheckRows()
    {
        var (fullest, all) = writer.Segments.Rows(machine.Latest.Id);
        while ((rowsLeft = Math.Min(spec.Tuning.MaxRowsPerSegment - fullest, spec.Tuning.MaxTotalRows - all) - writer.Waiting) <= 0 && writer.Waiting > 0)
        {
            Attend(IdleWaitMillis);
            (fullest, all) = writer.Segments.Rows(machine.Latest.Id);
        }
        if (isAskingForCheckpoint || !machine.BeginCheckpoint(fullest, all, Now)) return;
        isAskingForCheckpoint = true;
        HostLog.AsksForCheckpoint(logger, Id, machine.Latest.Name, all);
        _ = AskForCheckpoint(machine.Latest);
    }

    private async Task AskForCheckpoint(ReadSequence sequence)
    {
        Exception? problem = null;
        try
        {
            var metadata = KafkaDataSourceMetadata.StartOf(spec.Payload.IoConfig.StartSequenceNumbers.Name, sequence.Start);
            var action = new TaskAction.CheckPointDataSourceMetadata { SupervisorId = spec.Payload.Supervisor, TaskGroupId = spec.Payload.IoConfig.TaskGroupId, CheckpointMetadata = metadata };
            if (!await actions.Checkpoint(action, stopping.Token)) problem = new TaskFailedException($"Checkpoint request for sequence [{sequence.Name}] was refused by the supervisor");
        }
        catch (TaskActionRefusedException refusal) { problem = refusal; }
        catch (OperationCanceledException) { return; }
        mailbox.Post(() => { isAskingForCheckpoint = false; failure ??= problem; });
    }

    private void WaitFor(Task task)
    {
        if (!task.IsCompleted) _ = task.ContinueWith(_ => mailbox.Signal(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (!task.IsCompleted) { Tell(); Attend(IdleWaitMillis); }
        task.GetAwaiter().GetResult();
    }

    // Waits for something to do, and does it: commands, publish results, the end of a pause.
    private void Attend(long millis)
    {
        if (millis > 0) mailbox.Wait(Math.Min(millis, Math.Max(0, machine.Deadline - Now)));
        mailbox.Drain();
        memory.SpillIfAsked(writer.Segments, writer.WaitingBytes);
        stopping.Token.ThrowIfCancellationRequested();
        if (failure is not null) throw failure;
        machine.Tick(Now);
        Meter.Tick(Now);
        Tell();
    }

    // Sequences that are read are published, once none of their rows waits for its segment.
    private void HandOver()
    {
        foreach (var sequence in machine.TakeRead(writer.FirstIncomplete))
        {
            var segments = writer.Segments.Take(sequence.Id);
            TaskStory.SequenceRead(story, sequence.Name, $"{sequence.End}", segments.Count);
            // A task that has read all leaves the cores to the one that takes over: nobody waits for its segments as they do for the next record.
            var quiet = segments.Count > 0 && machine.Phase == TaskPhase.Publishing ? Task.Delay(TakeOver, services.Time, stopping.Token) : Task.CompletedTask;
            publishing.Add(sequence, segments, quiet);
        }
    }

    // Lets others see how the task stands.
    private void Tell()
    {
        HandOver();
        Timeline.Stands(machine.Phase, machine.IsEnding);
        var current = machine.Current;
        for (var i = 0; i < positions.Length; i++) Volatile.Write(ref positions[i], current[machine.Partitions[i]]);
        var next = report with { Phase = machine.Phase, EndOffsets = machine.End, Checkpoints = machine.Phase is TaskPhase.NotStarted or TaskPhase.Starting ? Checkpoints.None : machine.Checkpoints };
        if (next == report) return;
        report = next;
        changed();
    }
}
