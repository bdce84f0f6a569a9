using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Tests;

/// <summary>Specs for tests: only what a test is about differs.</summary>
internal static class Specs
{
    public static SupervisorSpec Of(string id = "wiki", string topic = "wiki", int taskCount = 1, int replicas = 1, string taskDuration = "PT1H", string completionTimeout = "PT30M",
        bool useEarliestOffset = true, bool suspended = false, int? stopTaskCount = null, int maxRowsPerSegment = 5_000_000, string extra = "", string context = "null", string? topicPattern = null, bool resetOffsetAutomatically = false, bool statesTaskCount = true, int? idleAfterMillis = null, long? maxReplicaOffsetSkew = null)
    {
        var stops = stopTaskCount is { } n ? $",\"stopTaskCount\":{n}" : "";
        var idle = idleAfterMillis is { } millis ? $",\"idleConfig\":{{\"enabled\":true,\"inactiveAfterMillis\":{millis}}}" : "";
        var reading = SupervisorSpec.Read($$$"""
            {"type":"kafka","id":"{{{id}}}","suspended":{{{(suspended ? "true" : "false")}}},"context":{{{context}}},"spec":{
              "dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page"]},"granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false}},
              "ioConfig":{{{{(topicPattern is null ? $"\"topic\":\"{topic}\"" : $"\"topicPattern\":\"{topicPattern}\"")}}},"inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"localhost:9092"},{{{(statesTaskCount ? $"\"taskCount\":{taskCount}," : "")}}}"replicas":{{{replicas}}},
                "taskDuration":"{{{taskDuration}}}","completionTimeout":"{{{completionTimeout}}}","useEarliestOffset":{{{(useEarliestOffset ? "true" : "false")}}}{{{stops}}}{{{idle}}}{{{extra}}}},
              "tuningConfig":{"type":"kafka","maxRowsPerSegment":{{{maxRowsPerSegment}}},{{{(maxReplicaOffsetSkew is { } skew ? $"\"maxReplicaOffsetSkew\":{skew}," : "")}}}"resetOffsetAutomatically":{{{(resetOffsetAutomatically ? "true" : "false")}}} } } }
            """);
        return reading.Spec ?? throw new InvalidOperationException(string.Join("; ", reading.Problems));
    }
}
