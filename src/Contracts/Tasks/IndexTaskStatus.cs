using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Tasks;

/// <summary>How a task stands for the overlord: Druid's <c>statusCode</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskOutcome>))]
public enum TaskOutcome
{
    [JsonStringEnumMemberName("RUNNING")] Running,
    [JsonStringEnumMemberName("SUCCESS")] Success,
    [JsonStringEnumMemberName("FAILED")] Failed,
}

/// <summary>What a running task does: the answer of its chat endpoint <c>/status</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskPhase>))]
public enum TaskPhase
{
    [JsonStringEnumMemberName("NOT_STARTED")] NotStarted,
    [JsonStringEnumMemberName("STARTING")] Starting,
    [JsonStringEnumMemberName("READING")] Reading,
    [JsonStringEnumMemberName("PAUSED")] Paused,
    [JsonStringEnumMemberName("PUBLISHING")] Publishing,
}

/// <summary>Druid's task status: the <c>status_payload</c> of a row in the tasks table.</summary>
public sealed record IndexTaskStatus
{
    [JsonPropertyOrder(0)] public required string Id { get; init; }
    [JsonPropertyOrder(1), JsonPropertyName("status")] public required TaskOutcome Outcome { get; init; }

    /// <summary>Milliseconds from the start to the end; -1 while running.</summary>
    [JsonPropertyOrder(2)] public long Duration { get; set; } = -1;

    /// <summary>At most 1,024 characters.</summary>
    [JsonPropertyOrder(3)] public string? ErrorMsg { get; init; }
    [JsonPropertyOrder(4)] public TaskLocation Location { get; set; } = TaskLocation.Unknown;

    /// <summary>Ours, left out where it is null: who stopped a task that has not failed, and why.</summary>
    [JsonPropertyOrder(5), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? StopReason { get; init; }

    public static IndexTaskStatus Running(string id, TaskLocation? location = null) => new() { Id = id, Outcome = TaskOutcome.Running, Location = location ?? TaskLocation.Unknown };

    /// <param name="stopReason">Null: it ended by itself.</param>
    public static IndexTaskStatus Success(string id, long durationMillis, TaskLocation location, string? stopReason = null) =>
        new() { Id = id, Outcome = TaskOutcome.Success, Duration = durationMillis, Location = location, StopReason = stopReason };

    public static IndexTaskStatus Failed(string id, long durationMillis, TaskLocation location, string error) =>
        new() { Id = id, Outcome = TaskOutcome.Failed, Duration = durationMillis, Location = location, ErrorMsg = error.Length <= 1024 ? error : error[..1021] + "..." };
}

/// <summary>Where a task's chat endpoints answer. Host null and port -1: nowhere yet.</summary>
public sealed record TaskLocation
{
    public static readonly TaskLocation Unknown = new();

    [JsonPropertyOrder(0)] public string? Host { get; init; }
    [JsonPropertyOrder(1)] public int Port { get; set; } = -1;
    [JsonPropertyOrder(2)] public int TlsPort { get; set; } = -1;
}
