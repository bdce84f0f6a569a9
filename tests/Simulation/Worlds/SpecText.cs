using Ingestion.Contracts.Specs;

namespace Ingestion.Simulation.Worlds;

/// <summary>Options as a supervisor spec.</summary>
internal static class SpecText
{
    public const string Topic = "wiki";

    public static SupervisorSpec Read(SpecOptions options)
    {
        var reading = SupervisorSpec.Read($$$"""
            {"type":"kafka","id":"{{{World.SupervisorId}}}","spec":{
              "dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page"]},"granularitySpec":{"segmentGranularity":"HOUR","queryGranularity":"NONE","rollup":false}},
              "ioConfig":{"topic":"{{{Topic}}}","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"localhost:9092"},"taskCount":{{{options.TaskCount}}},"replicas":{{{options.Replicas}}},
                "taskDuration":"PT{{{options.TaskDurationSeconds}}}S","completionTimeout":"PT{{{options.CompletionTimeoutSeconds}}}S","useEarliestOffset":{{{(options.UseEarliestOffset ? "true" : "false")}}}},
              "tuningConfig":{"type":"kafka","maxRowsPerSegment":{{{options.MaxRowsPerSegment}}},"httpTimeout":"PT{{{options.HttpTimeoutSeconds}}}S","resetOffsetAutomatically":{{{(options.ResetOffsetAutomatically ? "true" : "false")}}} } } }
            """);
        return reading.Spec ?? throw new InvalidOperationException(string.Join("; ", reading.Problems));
    }
}
