using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Api;
using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor;
using Ingestion.Supervisor.Status;

namespace Ingestion.Overlord.Hosting;

/// <summary>Has a supervisor's life compiled before the first spec is posted: one runs in memory from its spec through a rollover, in a world where all goes well.
/// Without it the first supervisor of a process, and the first rollover, wait half a second for the compiler; so would a standby that takes over.</summary>
internal static partial class WarmUp
{
    private const string Spec = """
        {"type":"kafka","spec":{
          "dataSchema":{"dataSource":"warm-up","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["a",{"type":"long","name":"l"}]},
            "metricsSpec":[{"type":"count","name":"n"}],"granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"MINUTE","rollup":true} },
          "ioConfig":{"topic":"warm-up","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"localhost"},"taskDuration":"PT1H","useEarliestOffset":true},
          "tuningConfig":{"type":"kafka"} } }
        """;

    /// <summary>More notices than these are a circle.</summary>
    private const int MostNotices = 100;

    /// <summary>Beside all else. An error is logged: the overlord is slower at first then, and works.</summary>
    public static Task InBackgroundAsync(ILogger<OverlordLeadership> logger) => Task.Run(async () =>
    {
        try { await RunAsync(); }
        catch (Exception e) { LogFailed(logger, e); }
    });

    /// <returns>What the supervisor had done, in order.</returns>
    public static async Task<IReadOnlyList<Effect>> RunAsync()
    {
        _ = Confluent.Kafka.Library.Version; // loads and binds librdkafka
        var spec = SupervisorSpec.Read(Spec).Spec!;
        var world = new Rehearsal(spec);
        var loop = new SupervisorLoop(spec.Id, world);
        await PlayAsync(loop, world);
        world.Now += TimeSpan.FromHours(2);
        await PlayAsync(loop, world);
        Talk(world.Done.OfType<Effect.StartTask>().First().Payload);
        _ = SupervisorJson.Status(new SupervisorView(spec, loop.State, Terminated: false, Trouble: null), PlacementView.Unknown, world.Now).ToJsonString();
        return world.Done;
    }

    /// <summary>What comes from a worker: its state, and the first thing that a task asks for.</summary>
    private static void Talk(IndexTaskPayload task)
    {
        var report = new TaskReport { Id = task.Id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, CurrentOffsets = task.IoConfig.StartSequenceNumbers.Offsets, Checkpoints = task.StartCheckpoints() };
        var state = new WorkerState { NodeId = "", BootId = "", Counter = 0, Capacity = 1, Tasks = [report] };
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(state, ContractsJson.Default.WorkerState), ContractsJson.Default.WorkerState);
        TaskAction action = new TaskAction.SegmentAllocate { DataSource = task.DataSource, Timestamp = DateTimeOffset.UnixEpoch, PreferredSegmentGranularity = Granularity.Day, SequenceName = task.Id };
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(action, ContractsJson.Default.TaskAction), ContractsJson.Default.TaskAction);
    }

    private static async Task PlayAsync(SupervisorLoop loop, Rehearsal world)
    {
        world.Coming.Enqueue(new Notice.Tick());
        for (var taken = 0; taken < MostNotices && world.Coming.TryDequeue(out var notice); taken++)
            await loop.HandleAsync(notice, CancellationToken.None);
    }

    [LoggerMessage(25, LogLevel.Warning, "The warm-up failed; the first supervisor will start more slowly")]
    private static partial void LogFailed(ILogger logger, Exception error);

    /// <summary>Everything succeeds at once.</summary>
    private sealed class Rehearsal(SupervisorSpec spec) : ISupervisorShell
    {
        private static readonly PartitionOffsets End = PartitionOffsets.Of((0, 10));
        private readonly Dictionary<string, PartitionOffsets> starts = [];

        public Queue<Notice> Coming { get; } = [];
        public List<Effect> Done { get; } = [];
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation) =>
            Task.FromResult<Notice.Acquired?>(new Notice.Acquired(spec, Committed: null, ActiveTasks: [], Terminated: false));

        public Task CommitAsync(string supervisorId, ImmutableArray<Record> records, CancellationToken cancellation)
        {
            foreach (var inserted in records.OfType<Record.InsertTask>()) JsonSerializer.SerializeToUtf8Bytes(inserted.Payload, ContractsJson.Default.IndexTaskPayload);
            return Task.CompletedTask;
        }

        public void Dispatch(string supervisorId, ImmutableArray<Effect> effects)
        {
            foreach (var effect in effects)
            {
                Done.Add(effect);
                switch (effect)
                {
                    case Effect.ObserveStream:
                        Coming.Enqueue(new Notice.StreamObserved(ImmutableSortedDictionary.CreateRange([KeyValuePair.Create(new StreamPartition(0), new OffsetRange(0, 1_000))])));
                        break;
                    case Effect.StartTask start:
                        starts[start.Payload.Id] = start.Payload.IoConfig.StartSequenceNumbers.Offsets;
                        Coming.Enqueue(Observed(start.Payload.Id, TaskOutcome.Running, TaskPhase.Reading, starts[start.Payload.Id]));
                        break;
                    case Effect.PauseTask pause: Coming.Enqueue(new Notice.TaskPaused(pause.TaskId, pause.Round, End)); break;
                    case Effect.SetEndOffsets set:
                        Coming.Enqueue(new Notice.EndOffsetsSet(set.TaskId, set.Round));
                        Coming.Enqueue(new Notice.OffsetsCommitted(KafkaDataSourceMetadata.EndOf(spec.IoConfig.Stream.Name, set.Offsets)));
                        Coming.Enqueue(Observed(set.TaskId, TaskOutcome.Success, TaskPhase.Publishing, set.Offsets));
                        break;
                    default: break;
                }
            }
        }

        private Notice.TaskObserved Observed(string taskId, TaskOutcome outcome, TaskPhase phase, PartitionOffsets offsets) =>
            new(new TaskReport { Id = taskId, Outcome = outcome, Phase = phase, StartTime = Now, CurrentOffsets = offsets, Checkpoints = Checkpoints.StartingAt(starts[taskId]) }, TaskLocation.Unknown);
    }
}
