using System.Text.Json.Nodes;
using Ingestion.Embedded;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>A spec as users post it, of topic-1 at a broker that is not there.</summary>
internal static class PostedSpecs
{
    public static string Wiki(Action<JsonNode>? change = null)
    {
        var spec = JsonNode.Parse($$$"""
            {"type":"kafka","spec":{
              "dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["channel"]},"granularitySpec":{} },
              "ioConfig":{"topic":"topic-1","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"127.0.0.1:{{{Ports.Free()}}}"} } } }
            """)!;
        change?.Invoke(spec);
        return spec.ToJsonString();
    }
}
