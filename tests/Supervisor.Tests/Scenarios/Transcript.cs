using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests.Scenarios;

/// <summary>Plays a transcript: keeps the commands, writes the answers anew. Tasks are called A, B, C in the order of their rows. A command
/// may begin with the time that passes before it: <c>+30s tick</c>.</summary>
internal sealed class Transcript
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TaskNames names = new();
    private readonly SortedDictionary<string, IndexTaskPayload> active = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, TaskReport> reports = new(StringComparer.Ordinal);
    private SupervisorState state = SupervisorState.Initial("wiki");
    private SupervisorSpec spec = Specs.Of();
    private DateTimeOffset now = Begin;

    public string Play(string text)
    {
        var output = new StringBuilder();
        foreach (var block in text.Split("\n\n"))
        {
            var commands = block.TrimEnd('\n').Split('\n').TakeWhile(l => l != "----").ToList();
            if (output.Length > 0) output.Append('\n');
            foreach (var line in commands) output.Append(line).Append('\n');
            var notices = commands.Where(l => !l.StartsWith('#')).Select(Read).OfType<Notice>().ToList();
            if (notices.Count == 0) continue;
            output.Append("----\n");
            foreach (var notice in notices) Step(notice, output);
            Summary.Groups(state, names, Begin, output);
        }
        return output.ToString();
    }

    private void Step(Notice notice, StringBuilder output)
    {
        var transition = SupervisorMachine.Step(state, notice, now);
        state = transition.State;
        foreach (var record in transition.Records)
        {
            if (record is Record.InsertTask insert) active[insert.Payload.Id] = insert.Payload;
            if (record is Record.FinishTask finish) active.Remove(finish.Status.Id);
        }
        Summary.Transition(transition, names, output);
    }

    /// <summary>What offsets are of, unless a command says otherwise.</summary>
    private string Stream => spec.IoConfig.Stream is { IsPattern: true, Name: var pattern } ? pattern : "wiki";

    /// <returns>Null for a command that is no notice.</returns>
    private Notice? Read(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (words[0][0] is '+' or '-')
        {
            now += TimeSpan.FromSeconds(double.Parse(words[0].TrimEnd('s'), CultureInfo.InvariantCulture));
            words.RemoveAt(0);
        }
        var options = words.Skip(1).Where(w => w.Contains('=')).Select(w => w.Split('=', 2)).ToDictionary(w => w[0], w => w[1]);
        string Option(string name, string otherwise) => options.GetValueOrDefault(name, otherwise);
        string Task() => names.Id(words[1]);
        int Round() => int.Parse(Option("round", "0"), CultureInfo.InvariantCulture);
        string Rest(int from) => string.Join(' ', words.Skip(from));
        switch (words[0])
        {
            case "spec":
                spec = Specs.Of(topic: Option("topic", "wiki"), topicPattern: options.GetValueOrDefault("topicPattern"), taskCount: int.Parse(Option("taskCount", "1"), CultureInfo.InvariantCulture), replicas: int.Parse(Option("replicas", "1"), CultureInfo.InvariantCulture),
                    useEarliestOffset: Option("useEarliestOffset", "true") == "true", stopTaskCount: options.TryGetValue("stopTaskCount", out var stops) ? int.Parse(stops, CultureInfo.InvariantCulture) : null,
                    maxRowsPerSegment: int.Parse(Option("maxRowsPerSegment", "5000000"), CultureInfo.InvariantCulture), taskDuration: Option("taskDuration", "PT1H"), completionTimeout: Option("completionTimeout", "PT30M"),
                    suspended: Option("suspended", "false") == "true",
                    resetOffsetAutomatically: words.Contains("resetOffsetAutomatically"), statesTaskCount: !words.Contains("noTaskCount"), idleAfterMillis: options.TryGetValue("idleAfterMillis", out var idle) ? int.Parse(idle, CultureInfo.InvariantCulture) : null, extra: AutoScaler(options),
                    maxReplicaOffsetSkew: options.TryGetValue("maxReplicaOffsetSkew", out var skew) ? long.Parse(skew, CultureInfo.InvariantCulture) : null);
                return null;
            case "crash":
                state = SupervisorState.Initial("wiki");
                return null;
            case "acquire":
                return new Notice.Acquired(state.Spec is null ? spec : state.Spec, options.TryGetValue("committed", out var committed) ? KafkaDataSourceMetadata.EndOf(Option("stream", Stream), Offsets(committed)) : null, [.. active.Values], words.Contains("terminated"));
            case "tick": return new Notice.Tick();
            case "stream":
                return new Notice.StreamObserved(options.Where(o => o.Key != "ask").ToImmutableSortedDictionary(o => StreamPartition.TryParse(o.Key, out var partition) ? partition : throw new FormatException(o.Key), o =>
                {
                    var bounds = o.Value.Split("..");
                    return new OffsetRange(long.Parse(bounds[0], CultureInfo.InvariantCulture), long.Parse(bounds[1], CultureInfo.InvariantCulture));
                })) { Ask = options.TryGetValue("ask", out var ask) ? int.Parse(ask, CultureInfo.InvariantCulture) : null };
            case "stream-failed": return new Notice.StreamFailed("TimeoutException", Rest(1));
            case "report": return Report(Task(), words[2], options);
            case "lost": return new Notice.TaskLost(Task(), Rest(2));
            case "drains": return new Notice.WorkerDrains(Task(), Option("worker", "w1"));
            case "not-placed": return new Notice.TaskNotPlaced(Task(), Rest(2));
            case "paused": return new Notice.TaskPaused(Task(), Round(), Offsets(Option("at", "{}")));
            case "pause-failed": return new Notice.PauseFailed(Task(), Round(), "no answer");
            case "end-set": return new Notice.EndOffsetsSet(Task(), Round());
            case "end-refused": return new Notice.EndOffsetsRefused(Task(), Round(), options.TryGetValue("at", out var at) ? Offsets(at) : null, "refused");
            case "checkpoint": return new Notice.CheckpointRequested(Task(), 0, Offsets(Option("from", "{}")));
            case "committed": return new Notice.OffsetsCommitted(KafkaDataSourceMetadata.EndOf(Option("stream", Stream), Offsets(words[1])));
            case "suspend": return new Notice.SuspendRequested();
            case "resume": return new Notice.ResumeRequested();
            case "terminate": return new Notice.TerminateRequested();
            case "reset": return new Notice.ResetRequested(options.TryGetValue("to", out var to) ? Enum.Parse<StreamEnd>(to, ignoreCase: true) : null);
            case "reset-offsets": return new Notice.OffsetsResetRequested(KafkaDataSourceMetadata.EndOf(Option("stream", Stream), Offsets(words[1])));
            case "handoff": return new Notice.HandoffRequested([.. words.Skip(1).Select(w => int.Parse(w, CultureInfo.InvariantCulture))]);
            case "replace": return new Notice.SpecReplaced(spec, words.Contains("skipRestartIfUnmodified"));
            default: throw new InvalidOperationException($"no such command: {line}");
        }
    }

    /// <summary>What is not given stays as it was reported last; a task starts when it is first reported as other than NOT_STARTED.</summary>
    private Notice.TaskObserved Report(string id, string phase, Dictionary<string, string> options)
    {
        var payload = active.TryGetValue(id, out var known) ? known : null;
        var start = payload?.IoConfig.StartSequenceNumbers.Offsets ?? PartitionOffsets.Empty;
        var last = reports.TryGetValue(id, out var earlier) ? earlier : new TaskReport { Id = id, Outcome = TaskOutcome.Running, Phase = TaskPhase.NotStarted };
        var outcome = phase switch { "SUCCESS" => TaskOutcome.Success, "FAILED" => TaskOutcome.Failed, _ => TaskOutcome.Running };
        var taskPhase = phase switch { "NOT_STARTED" => TaskPhase.NotStarted, "STARTING" => TaskPhase.Starting, "READING" => TaskPhase.Reading, "PAUSED" => TaskPhase.Paused, "PUBLISHING" => TaskPhase.Publishing, _ => last.Phase };
        var hasStarted = taskPhase != TaskPhase.NotStarted;
        var report = last with
        {
            Outcome = outcome,
            Phase = taskPhase,
            StartTime = last.StartTime ?? (hasStarted ? now : null),
            ErrorMsg = options.GetValueOrDefault("error"),
            CurrentOffsets = options.TryGetValue("at", out var at) ? Offsets(at) : last.CurrentOffsets.Count > 0 || !hasStarted ? last.CurrentOffsets : start,
            EndOffsets = options.TryGetValue("end", out var end) ? Offsets(end) : last.EndOffsets.Count > 0 || !hasStarted ? last.EndOffsets : PartitionOffsets.All(start.Partitions, PartitionOffsets.Unbounded),
            ProcessedRate = options.TryGetValue("rate", out var rate) ? double.Parse(rate, CultureInfo.InvariantCulture) : last.ProcessedRate,
            PollIdleRatio = options.TryGetValue("idle", out var idle) ? double.Parse(idle, CultureInfo.InvariantCulture) : last.PollIdleRatio,
            Checkpoints = options.TryGetValue("checkpoints", out var checkpoints) ? JsonSerializer.Deserialize(Quote(checkpoints), ContractsJson.Default.Checkpoints)!
                : last.Checkpoints.Count > 0 || !hasStarted ? last.Checkpoints : payload?.StartCheckpoints() ?? Checkpoints.None,
        };
        reports[id] = report;
        return new Notice.TaskObserved(report, new TaskLocation { Host = "worker", Port = 8091 });
    }

    /// <summary><c>autoScaler=lagBased min=1 max=4</c>, and any other of its options by its name.</summary>
    private static string AutoScaler(Dictionary<string, string> options)
    {
        if (!options.TryGetValue("autoScaler", out var strategy)) return "";
        var own = options.Where(o => ScalerOptions.Contains(o.Key)).Select(o => $",\"{o.Key}\":{(double.TryParse(o.Value, CultureInfo.InvariantCulture, out _) || o.Value is "true" or "false" ? o.Value : $"\"{o.Value}\"")}");
        return $",\"autoScalerConfig\":{{\"enableTaskAutoScaler\":true,\"autoScalerStrategy\":\"{strategy}\",\"taskCountMin\":{options["min"]},\"taskCountMax\":{options["max"]}{string.Concat(own)}}}";
    }

    private static readonly string[] ScalerOptions = ["taskCountStart", "stopTaskCountRatio", "minTriggerScaleActionFrequencyMillis", "minScaleUpDelay", "minScaleDownDelay", "scaleActionPeriodMillis", "scaleActionStartDelayMillis", "lagCollectionIntervalMillis",
        "lagCollectionRangeMillis", "scaleOutThreshold", "scaleInThreshold", "scaleOutStep", "scaleInStep", "lagAggregate", "scaleDownDuringTaskRolloverOnly"];

    private static PartitionOffsets Offsets(string text) => JsonSerializer.Deserialize(Quote(text), ContractsJson.Default.PartitionOffsets)!;

    /// <summary>Keys need no quotes here: <c>{0:5}</c>, <c>{wiki:0:5}</c>.</summary>
    private static string Quote(string text) => System.Text.RegularExpressions.Regex.Replace(text, @"([{,])((?:[\w.-]+:)?\d+):(?=[\d{])", "$1\"$2\":");
}
