using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor.Status;

namespace Ingestion.Overlord.Api;

/// <summary>What only this system has: explanations, and rehearsals of specs.</summary>
internal static class ExplainJson
{
    /// <summary><c>GET /supervisor/{id}/explain</c>.</summary>
    public static JsonObject Explained(SupervisorView view, PlacementView placement, DateTimeOffset now)
    {
        var json = new JsonObject { ["id"] = view.Id, ["generationTime"] = IsoTime.Write(now) };
        if (view.State is not { Spec: not null } state)
        {
            json["detailedState"] = view.Report(now).DetailedState;
            json["summary"] = view.Trouble is { } reason ? $"It cannot be loaded: {reason}" : "It is being loaded";
            return json;
        }
        var explanation = Explaining.Of(state, placement, now);
        json["detailedState"] = explanation.DetailedState;
        json["summary"] = explanation.Summary;
        if (view.Trouble is { } trouble) json["trouble"] = trouble;
        json["warnings"] = Array(explanation.Warnings, w => JsonValue.Create(w));
        if (explanation.AutoScaler is { } scaler) json["autoScaler"] = scaler;
        json["groups"] = Array(explanation.Groups, g => new JsonObject
        {
            ["id"] = g.Id, ["doing"] = g.Doing, ["startingOffsets"] = Offsets(g.Start), ["endOffsets"] = Offsets(g.End), ["waitingFor"] = g.WaitingFor, ["replicas"] = Array(g.Replicas, Task),
        });
        json["partitions"] = Array(explanation.Partitions, Partition);
        if (explanation.Unadopted.Count > 0) json["unadopted"] = Array(explanation.Unadopted, Task);
        return json;
    }

    /// <summary><c>POST /supervisor?dryRun=true</c>.</summary>
    public static JsonObject Rehearsed(string id, Rehearsal rehearsal, IReadOnlyList<SpecProblem> notHonoured, string? streamTrouble) => new()
    {
        ["id"] = id,
        ["dryRun"] = true,
        ["modified"] = rehearsal.Modified,
        ["restarted"] = rehearsal.Ending.Count + rehearsal.Starting.Count + rehearsal.Stopped.Count > 0,
        ["groups"] = new JsonObject
        {
            ["kept"] = Array(rehearsal.Kept, Group), ["ending"] = Array(rehearsal.Ending, Group), ["publishing"] = Array(rehearsal.Publishing, Group), ["starting"] = Array(rehearsal.Starting, Group),
        },
        ["tasks"] = new JsonObject
        {
            ["started"] = rehearsal.Starting.Concat(rehearsal.Kept).Sum(g => g.NewTasks),
            ["kept"] = Array(rehearsal.Kept.Concat(rehearsal.Publishing).SelectMany(g => g.Tasks), t => JsonValue.Create(t)),
            ["ended"] = Array(rehearsal.Ending.SelectMany(g => g.Tasks), t => JsonValue.Create(t)),
            ["stopped"] = Array(rehearsal.Stopped, t => new JsonObject { ["id"] = t.Id, ["reason"] = t.Reason }),
        },
        ["partitionsNotRead"] = Array(rehearsal.Waiting, Partition),
        ["notHonoured"] = Array(notHonoured, p => new JsonObject { ["path"] = p.Path, ["message"] = p.Message }),
        ["streamTrouble"] = streamTrouble,
    };

    private static JsonNode Group(RehearsedGroup group) => new JsonObject
    {
        ["id"] = group.Id, ["startingOffsets"] = Offsets(group.Start), ["endOffsets"] = Offsets(group.End), ["tasks"] = Array(group.Tasks, t => JsonValue.Create(t)), ["newTasks"] = group.NewTasks,
    };

    private static JsonNode Task(ExplainedTask task) => new JsonObject
    {
        ["id"] = task.Id, ["worker"] = task.Worker, ["phase"] = task.Phase, ["currentOffsets"] = Offsets(task.CurrentOffsets), ["waitingFor"] = task.WaitingFor,
    };

    private static JsonNode Partition(ExplainedPartition partition) => new JsonObject
    {
        ["partition"] = partition.Partition.ToString(), ["group"] = partition.Group, ["committed"] = partition.Committed, ["position"] = partition.Position, ["earliest"] = partition.Earliest,
        ["latest"] = partition.Latest, ["waitingFor"] = partition.WaitingFor,
    };

    private static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode> json) => new([.. items.Select(json)]);
    private static JsonNode? Offsets(PartitionOffsets? offsets) => offsets is null ? null : JsonSerializer.SerializeToNode(offsets, ContractsJson.Default.PartitionOffsets);
}
