using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor.Status;

namespace Ingestion.Overlord.Api;

/// <summary>Supervisors in Druid's JSON, without the secrets of their specs (<see cref="ConsumerSecrets"/>).</summary>
internal static class SupervisorJson
{
    /// <summary>One of <c>GET /supervisor?full</c>, <c>?system</c> and <c>?state=true</c>.</summary>
    public static SupervisorSummary Summary(SupervisorView view, bool full, bool system)
    {
        var report = view.Report(DateTimeOffset.UtcNow);
        var shown = full || system ? ConsumerSecrets.Redacted(view.Spec.Json) : null;
        return new SupervisorSummary(view.Id, report.State, report.DetailedState, report.Healthy, full ? new RawJson(shown!) : null, system ? shown : null, system ? "kafka" : null, system ? view.Spec.IoConfig.Stream.Name : null, view.Spec.Suspended);
    }

    /// <summary><c>GET /supervisor/{id}/status</c>. Members that Druid does not have: <c>committedOffsets</c>, <c>waitingFor</c>, <c>warnings</c>, <c>replicaDivergence</c>, <c>autoScaler</c>, <c>trouble</c>.</summary>
    public static JsonObject Status(SupervisorView view, PlacementView placement, DateTimeOffset now)
    {
        var report = view.Report(now);
        var payload = new JsonObject
        {
            ["dataSource"] = report.DataSource, ["stream"] = report.Stream, ["partitions"] = report.Partitions, ["replicas"] = report.Replicas, ["durationSeconds"] = report.DurationSeconds,
            ["activeTasks"] = new JsonArray([.. report.ActiveTasks.Select(Line)]),
            ["publishingTasks"] = new JsonArray([.. report.PublishingTasks.Select(Line)]),
            ["minimumLag"] = Offsets(report.MinimumLag ?? PartitionOffsets.Empty),
            ["aggregateLag"] = report.AggregateLag ?? 0,
            ["suspended"] = report.Suspended, ["healthy"] = report.Healthy, ["state"] = report.State, ["detailedState"] = report.DetailedState,
            ["recentErrors"] = new JsonArray([.. report.RecentErrors.Select(e => (JsonNode)new JsonObject
            {
                ["timestamp"] = IsoTime.Write(e.At), ["exceptionClass"] = e.ErrorClass, ["message"] = e.Message, ["streamException"] = e.IsStream,
            })]),
            ["committedOffsets"] = Offsets(report.CommittedOffsets),
        };
        if (report.LatestOffsets is { } latest) payload["latestOffsets"] = Offsets(latest);
        if (report.OffsetsLastUpdated is { } updated) payload["offsetsLastUpdated"] = IsoTime.Write(updated);
        if (report.WaitingFor is { } waiting) payload["waitingFor"] = waiting;
        if (view.State is { } state && Foresight.Warnings(state, placement, now).ToList() is { Count: > 0 } warnings) payload["warnings"] = new JsonArray([.. warnings.Select(w => (JsonNode)w)]);
        if (report.ReplicaDivergence.Count > 0) payload["replicaDivergence"] = new JsonObject(report.ReplicaDivergence.Select(g => KeyValuePair.Create($"{g.Key}", (JsonNode?)g.Value)));
        if (report.AutoScaler is { } scaler) payload["autoScaler"] = Scaler(scaler);
        if (view.Trouble is { } trouble) payload["trouble"] = trouble;
        return new JsonObject { ["id"] = view.Id, ["generationTime"] = IsoTime.Write(now), ["payload"] = payload };
    }

    public static VersionedSpec Version(StoredSpec stored) => new(new RawJson(ConsumerSecrets.Redacted(stored.Json)), stored.Version);

    private static JsonNode Line(TaskLine task)
    {
        var line = new JsonObject
        {
            ["id"] = task.Id, ["startingOffsets"] = Offsets(task.StartingOffsets), ["startTime"] = task.StartTime is { } start ? IsoTime.Write(start) : null,
            ["remainingSeconds"] = task.RemainingSeconds, ["type"] = task.Type, ["currentOffsets"] = Offsets(task.CurrentOffsets),
        };
        if (task.Type == "ACTIVE") line["lag"] = Offsets(task.Lag ?? PartitionOffsets.Empty);
        if (task.WaitingFor is { } waiting) line["waitingFor"] = waiting;
        return line;
    }

    private static JsonObject Scaler(ScalerStatus scaler)
    {
        var json = new JsonObject { ["strategy"] = scaler.Strategy, ["taskCount"] = scaler.TaskCount, ["taskCountMin"] = scaler.TaskCountMin, ["taskCountMax"] = scaler.TaskCountMax, ["now"] = scaler.Now };
        if (scaler.NextEvaluationAt is { } next) json["nextEvaluation"] = IsoTime.Write(next);
        if (scaler.LastDecision is { } decision)
            json["lastDecision"] = new JsonObject { ["time"] = IsoTime.Write(decision.At), ["requiredCount"] = decision.Required, ["currentCount"] = decision.Current, ["skipReason"] = decision.SkipReason, ["why"] = decision.Why };
        if (scaler.LastAction is { } action)
            json["lastAction"] = new JsonObject { ["time"] = IsoTime.Write(action.At), ["from"] = action.From, ["to"] = action.To, ["why"] = action.Reason, ["done"] = action.DoneAt is { } done ? IsoTime.Write(done) : null };
        return json;
    }

    private static JsonNode Offsets(PartitionOffsets offsets) => JsonSerializer.SerializeToNode(offsets, ContractsJson.Default.PartitionOffsets)!;

    /// <summary>An entry of the history: <c>version</c> is when the row was made.</summary>
    public sealed record VersionedSpec(RawJson Spec, string Version);

    /// <summary>What is null is left out.</summary>
    public sealed record SupervisorSummary(
        string Id, string State, string DetailedState, bool Healthy, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RawJson? Spec,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SpecString, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Type,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Source, bool Suspended);
}
