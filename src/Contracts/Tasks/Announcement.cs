using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Tasks;

/// <summary>What a process says of itself, the body of <c>PUT /v1/announcement/{nodeId}</c> (Presto's discovery protocol, airlift/discovery).</summary>
public sealed record Announcement
{
    /// <summary>Null where it is not said, which no server takes.</summary>
    public string? Environment { get; init; }
    public string? NodeId { get; init; }
    public string Pool { get; set; } = "general";
    public string? Location { get; init; }
    public required IReadOnlyList<AnnouncedService> Services { get; init; }
}

public sealed record AnnouncedService
{
    /// <summary>The service type of a worker that runs index tasks.</summary>
    public const string WorkerType = "druid-worker";

    /// <summary>The service type of an overlord, leading or not.</summary>
    public const string OverlordType = "druid-overlord";

    /// <summary>Properties with its base URL: the first where it speaks TLS, else the second.</summary>
    public const string Https = "https", Http = "http";

    /// <summary>Druid's, of a worker that names none.</summary>
    public const string DefaultCategory = "_default_worker_category";

    /// <summary>Properties: its release; its <see cref="WireProtocol"/>; the id of the cluster that it serves, which a worker knows once a leader has called it.</summary>
    public const string NodeVersion = "node_version", Protocol = "protocol", ClusterId = "cluster_id";

    /// <summary>A UUID.</summary>
    public required string Id { get; init; }
    public required string Type { get; init; }

    /// <summary>Base URL (<see cref="Https"/> or <see cref="Http"/>), <see cref="NodeVersion"/>, <see cref="Protocol"/>, <see cref="ClusterId"/>; of a worker also <c>capacity</c> and <c>category</c>.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <summary>Members that only who announced them knows.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>The properties that every process announces.</summary>
    /// <param name="url">Base URL, without a slash at its end.</param>
    /// <param name="release">As <see cref="NodeVersion"/>.</param>
    /// <param name="clusterId">Null: not known yet.</param>
    public static SortedDictionary<string, string> PropertiesOf(string url, string release, string protocol, string? clusterId)
    {
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [new Uri(url).Scheme == Uri.UriSchemeHttps ? Https : Http] = url,
            [NodeVersion] = release,
            [Protocol] = protocol,
        };
        if (clusterId is not null) properties[ClusterId] = clusterId;
        return properties;
    }

    /// <summary>With a slash at its end; null: it names none that can be used.</summary>
    [JsonIgnore] public Uri? BaseUrl => ServiceUrl.Of(Properties);
}

/// <summary>Headers of commands from an overlord to a worker.</summary>
public static class CommandHeaders
{
    /// <summary>The leader's epoch; a worker refuses one older than it has seen with 409.</summary>
    public const string Epoch = "X-Ingestion-Epoch";

    /// <summary>The cluster's id; a worker that serves another cluster refuses with 409.</summary>
    public const string Cluster = "X-Ingestion-Cluster";

    /// <summary>The leader's <see cref="WireProtocol"/> and, behind a slash, its release: <c>1/1.0.0</c>.</summary>
    public const string Protocol = "X-Ingestion-Protocol";

    /// <summary>In the answer to a task action that failed (400; Druid has 500): asking again is of no use.</summary>
    public const string Refused = "X-Ingestion-Refused";

    /// <summary>Druid's guard against a reused port: the task that the caller means, and in the answer the one that answered.</summary>
    public const string TaskId = "X-Druid-Task-Id";

    /// <summary>A task's id as <see cref="TaskId"/> and as a segment of a path: ids have letters that neither can have. Druid's <c>StringUtils.urlEncode</c>.</summary>
    public static string Written(string taskId) => Uri.EscapeDataString(taskId);

    /// <summary>The id in a <see cref="TaskId"/>.</summary>
    public static string Read(string header) => Uri.UnescapeDataString(header);
}
