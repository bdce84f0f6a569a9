using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>What an overlord of Druid 33 says of itself in ZooKeeper: a DiscoveryDruidNode under <c>internal-discovery/OVERLORD</c>, compressed, and, for older clients, an instance of Curator's
/// service discovery under <c>discovery/druid:overlord</c>.</summary>
internal static class DruidAnnouncement
{
    private const string Service = "druid/overlord", Cluster = "ingestionCluster";

    public static string DiscoveryPath(ConnectString connect) => $"{connect.Base}/internal-discovery/OVERLORD";
    public static string ServicePath(ConnectString connect) => $"{connect.Base}/discovery/druid:overlord";

    /// <param name="clusterId">Under a name of ours, which Druid skips: by it a new leader knows what its predecessor left.</param>
    public static byte[] DiscoveryNode(Uri url, string clusterId, DateTimeOffset startedAt)
    {
        var isTls = url.Scheme == Uri.UriSchemeHttps;
        return Compressed(new JsonObject
        {
            ["druidNode"] = new JsonObject
            {
                ["service"] = Service, ["host"] = url.Host, ["bindOnHost"] = false, ["plaintextPort"] = isTls ? -1 : url.Port, ["port"] = -1, ["tlsPort"] = isTls ? url.Port : -1,
                ["enablePlaintextPort"] = !isTls, ["enableTlsPort"] = isTls,
            },
            ["nodeType"] = "overlord", ["services"] = new JsonObject(), ["startTime"] = IsoTime.Write(startedAt), [Cluster] = clusterId,
        });
    }

    public static byte[] ServiceInstance(Uri url, string id, DateTimeOffset startedAt)
    {
        var isTls = url.Scheme == Uri.UriSchemeHttps;
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["name"] = "druid:overlord", ["id"] = id, ["address"] = url.Host, ["port"] = isTls ? -1 : url.Port, ["sslPort"] = isTls ? url.Port : -1, ["payload"] = null,
            ["registrationTimeUTC"] = startedAt.ToUnixTimeMilliseconds(), ["serviceType"] = "DYNAMIC", ["uriSpec"] = null,
        });
    }

    /// <summary>Whether an overlord of this cluster left the node.</summary>
    public static bool IsOf(string clusterId, byte[] discoveryNode)
    {
        try { return Text(discoveryNode) is JsonObject node && node[Cluster] is JsonValue value && value.GetValueKind() == JsonValueKind.String && (string?)value == clusterId; }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException) { return false; } // another program's, in another form
    }

    private static JsonNode? Text(byte[] data)
    {
        using var unpacked = new GZipStream(new MemoryStream(data), CompressionMode.Decompress);
        return JsonNode.Parse(unpacked);
    }

    private static byte[] Compressed(JsonNode json)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) JsonSerializer.Serialize(gzip, json);
        return packed.ToArray();
    }
}
