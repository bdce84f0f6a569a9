using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Tasks;

/// <summary>How a process of the cluster stands: the answer of <c>GET /v1/info/state</c>, a JSON string (Presto's node states).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LifeState>))]
public enum LifeState
{
    /// <summary>Takes work.</summary>
    [JsonStringEnumMemberName("ACTIVE")] Active,

    /// <summary>Speaks another protocol than the leader: finishes the tasks that it has and gets no new ones.</summary>
    [JsonStringEnumMemberName("INACTIVE")] Inactive,

    /// <summary>Was told to end: gives its tasks away and gets no new ones.</summary>
    [JsonStringEnumMemberName("SHUTTING_DOWN")] ShuttingDown,
}
