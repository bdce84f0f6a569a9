using System.Text.Json;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Specs;

/// <summary>What a spec states and this system does not act on, though it keeps it. What would change the data is refused by <see cref="SupervisorSpec.Read(string)"/> instead.</summary>
public static class UnhonouredFields
{
    private static readonly Dictionary<string, string[]> Honoured = new(StringComparer.Ordinal)
    {
        [""] = ["type", "id", "spec", "dataSchema", "ioConfig", "tuningConfig", "context", "suspended", "source"],
        ["spec"] = ["dataSchema", "ioConfig", "tuningConfig"],
        ["dataSchema"] = ["dataSource", "timestampSpec", "dimensionsSpec", "metricsSpec", "granularitySpec", "transformSpec"],
        ["granularitySpec"] = ["type", "segmentGranularity", "queryGranularity", "rollup"],
        ["ioConfig"] = ["topic", "topicPattern", "stream", "consumerProperties", "inputFormat", "replicas", "taskCount", "taskDuration", "period", "useEarliestOffset", "useEarliestSequenceNumber", "completionTimeout",
            "lateMessageRejectionPeriod", "lateMessageRejectionStartDateTime", "earlyMessageRejectionPeriod", "stopTaskCount", "autoScalerConfig", "idleConfig"],
        ["autoScalerConfig"] = [.. AutoScalerConfigReader.Common, .. AutoScalerConfigReader.LagBased, .. AutoScalerConfigReader.CostBased],
        ["inputFormat"] = InputFormatReader.Members,
        ["valueFormat"] = InputFormatReader.Members,
        ["keyFormat"] = InputFormatReader.Members,
        ["headerFormat"] = ["type", "encoding"],
        ["flattenSpec"] = ["useFieldDiscovery", "fields"],
        ["transformSpec"] = TransformSpecReader.Members,
        ["tuningConfig"] = ["type", "maxRowsInMemory", "maxBytesInMemory", "maxRowsPerSegment", "maxTotalRows", "indexSpec", "intermediateHandoffPeriod", "reportParseExceptions", "logParseExceptions", "maxParseExceptions",
            "maxSavedParseExceptions", "resetOffsetAutomatically", "httpTimeout", "maxReplicaOffsetSkew"],
        ["indexSpec"] = ["bitmap", "dimensionCompression", "metricCompression", "longEncoding", "stringDictionaryEncoding"],
        ["context"] = ["priority", "taskLockType", "useConcurrentLocks", "useSharedLock"],
    };

    private static readonly Dictionary<string, string> Reasons = new(StringComparer.Ordinal)
    {
        ["startDelay"] = "there is nothing to wait for", ["pollTimeout"] = "the consumer waits for records, not for time", ["emitTimeLagMetrics"] = "lag is measured in records, their times are not asked for",
        ["workerThreads"] = "no thread is kept for a supervisor", ["chatRetries"] = "calls are repeated by rounds until they succeed", ["shutdownTimeout"] = "nothing waits for a shutdown",
        ["offsetFetchPeriod"] = "offsets are fetched in every run, see [period]", ["repartitionTransitionDuration"] = "groups whose partitions change roll over at once",
        ["intermediatePersistPeriod"] = "memory alone decides when rows are spilled", ["handoffConditionTimeout"] = "a task ends when its segments are published",
        ["indexSpecForIntermediatePersists"] = "rows are spilled in a form of our own", ["complexMetricCompression"] = "no metric that it concerns is written",
        ["jsonCompression"] = "no column that it concerns is written", ["skipSequenceNumberAvailabilityCheck"] = "the check costs nothing", ["intervals"] = "all intervals are read",
    };

    /// <summary>By the name of an object of a spec, empty for the spec itself, the members that are acted on, where all are known.</summary>
    public static IReadOnlyDictionary<string, string[]> HonouredMembers => Honoured;

    /// <param name="spec">A spec as posted, valid or not.</param>
    /// <returns>Path and reason of each member that is stated and not null.</returns>
    public static IReadOnlyList<SpecProblem> Of(JsonElement spec)
    {
        var found = new List<SpecProblem>();
        Look(spec, "", "$", found);
        return found;
    }

    private static void Look(JsonElement json, string name, string path, List<SpecProblem> found)
    {
        if (json.ValueKind != JsonValueKind.Object) return;
        if (name == "consumerProperties")
        {
            var texts = json.EnumerateObject().Where(p => p.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number).Select(p => KeyValuePair.Create(p.Name, p.Value.ToString()));
            found.AddRange(KafkaClientProperties.ForLibrdkafka(texts, variable: null).Dropped.Select(d => new SpecProblem($"{path}.{d.Name}", d.Reason)));
        }
        if (name == "transformSpec") TransformSpecReader.Unhonoured(json, path, found);
        if (!Honoured.TryGetValue(name, out var honoured)) return;
        foreach (var member in json.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null))
        {
            var at = $"{path}.{member.Name}";
            if (honoured.Contains(member.Name, StringComparer.Ordinal)) Look(member.Value, member.Name, at, found);
            else found.Add(new SpecProblem(at, Reasons.GetValueOrDefault(member.Name, "is kept and has no effect here")));
        }
    }
}
