using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;

namespace Ingestion.Contracts.Specs;

/// <summary>Writes a valid spec as Druid's overlord serialises it, so that Druid reads what we store, and so that neither formatting nor
/// a default written out makes a spec another one. Members that Druid 33 does not have are kept, after its own.</summary>
internal sealed class CanonicalSpec
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] SupervisorOnlyTuning = ["workerThreads", "chatRetries", "httpTimeout", "shutdownTimeout", "offsetFetchPeriod", "repartitionTransitionDuration", "maxReplicaOffsetSkew"];
    private const string IndexSpecDefault = """{"bitmap":{"type":"roaring"},"dimensionCompression":"lz4","stringDictionaryEncoding":{"type":"utf8"},"metricCompression":"lz4","longEncoding":"longs"}""";

    private const string IoConfigDefaults = """
        {"topic":null,"topicPattern":null,"inputFormat":null,"replicas":1,"taskCount":1,"taskDuration":"PT3600S","consumerProperties":{},"autoScalerConfig":null,"pollTimeout":100,
        "startDelay":"PT5S","period":"PT30S","useEarliestOffset":false,"completionTimeout":"PT1800S","lateMessageRejectionPeriod":null,"earlyMessageRejectionPeriod":null,
        "lateMessageRejectionStartDateTime":null,"configOverrides":null,"idleConfig":null,"stopTaskCount":null,"emitTimeLagMetrics":false,"stream":null,"useEarliestSequenceNumber":false}
        """;

    private const string TuningConfigDefaults = $$"""
        {"type":"kafka","appendableIndexSpec":{"type":"onheap","preserveExistingMetrics":false},"maxRowsInMemory":150000,"maxBytesInMemory":0,"skipBytesInMemoryOverheadCheck":false,
        "maxRowsPerSegment":5000000,"maxTotalRows":null,"intermediatePersistPeriod":"PT10M","maxPendingPersists":0,"indexSpec":{{IndexSpecDefault}},"indexSpecForIntermediatePersists":{{IndexSpecDefault}},
        "reportParseExceptions":false,"handoffConditionTimeout":900000,"resetOffsetAutomatically":false,"segmentWriteOutMediumFactory":null,"workerThreads":null,"chatRetries":8,
        "httpTimeout":"PT10S","shutdownTimeout":"PT80S","offsetFetchPeriod":"PT30S","intermediateHandoffPeriod":"P2147483647D","logParseExceptions":false,"maxParseExceptions":2147483647,
        "maxSavedParseExceptions":0,"numPersistThreads":1,"maxColumnsToMerge":-1,"skipSequenceNumberAvailabilityCheck":false,"repartitionTransitionDuration":"PT120S"}
        """;

    public string Spec { get; }
    public string DataSchema { get; }
    public string TaskTuningConfig { get; }
    public string InputFormat { get; }
    public string Context { get; }

    public CanonicalSpec(JsonElement root, JsonElement dataSchema, JsonElement ioConfig, JsonElement? tuningConfig, int taskCount, bool suspended)
    {
        var schema = Schema(dataSchema);
        var io = Io(ioConfig, taskCount);
        var tuning = Overlay(TuningConfigDefaults, tuningConfig);
        tuning["type"] = "kafka";
        Durations(tuning, "httpTimeout", "shutdownTimeout", "offsetFetchPeriod", "repartitionTransitionDuration");
        var taskTuning = (JsonObject)tuning.DeepClone();
        taskTuning["type"] = "KafkaTuningConfig";
        foreach (var name in SupervisorOnlyTuning) taskTuning.Remove(name);

        var spec = new JsonObject { ["type"] = "kafka" };
        if (root.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String) spec["id"] = id.GetString();
        spec["spec"] = new JsonObject { ["dataSchema"] = schema.DeepClone(), ["ioConfig"] = io.DeepClone(), ["tuningConfig"] = tuning.DeepClone() };
        spec["dataSchema"] = schema.DeepClone();
        spec["tuningConfig"] = tuning.DeepClone();
        spec["ioConfig"] = io.DeepClone();
        var context = root.TryGetProperty("context", out var given) ? Node(given) : null;
        spec["context"] = context;
        spec["suspended"] = suspended;
        Spec = Text(spec);
        DataSchema = Text(schema);
        TaskTuningConfig = Text(taskTuning);
        InputFormat = Text(io["inputFormat"]);
        Context = Text(context);
    }

    public static string WithSuspended(JsonElement canonical, bool suspended)
    {
        var spec = (JsonObject)Node(canonical)!;
        spec["suspended"] = suspended;
        return Text(spec);
    }

    public static string WithTaskCount(JsonElement canonical, int taskCount)
    {
        var spec = (JsonObject)Node(canonical)!;
        spec["spec"]!["ioConfig"]!["taskCount"] = taskCount;
        spec["ioConfig"]!["taskCount"] = taskCount;
        return Text(spec);
    }

    private static JsonObject Schema(JsonElement given)
    {
        var schema = Overlay("""{"dataSource":null,"timestampSpec":{},"dimensionsSpec":{},"metricsSpec":[],"granularitySpec":{},"transformSpec":{}}""", given);
        schema["timestampSpec"] = Overlay("""{"column":"timestamp","format":"auto","missingValue":null}""", Part(given, "timestampSpec"));
        var dimensions = Overlay("""{"dimensions":[],"dimensionExclusions":[],"includeAllDimensions":false,"useSchemaDiscovery":false}""", Part(given, "dimensionsSpec"));
        dimensions["dimensions"] = new JsonArray([.. (dimensions["dimensions"] as JsonArray ?? []).Select(Dimension)]);
        schema["dimensionsSpec"] = dimensions;
        schema["metricsSpec"] ??= new JsonArray();
        var granularity = Overlay("""{"type":"uniform","segmentGranularity":"DAY","queryGranularity":"NONE","rollup":true,"intervals":[]}""", Part(given, "granularitySpec"));
        Standardise(granularity, "segmentGranularity");
        Standardise(granularity, "queryGranularity");
        schema["granularitySpec"] = granularity;
        schema["transformSpec"] = Overlay("""{"filter":null,"transforms":[]}""", Part(given, "transformSpec"));
        return schema;
    }

    private static JsonObject Dimension(JsonNode? given)
    {
        var isName = given is JsonValue;
        var type = isName ? "string" : ((string?)given!["type"] ?? "string").ToLowerInvariant();
        var dimension = new JsonObject
        {
            ["type"] = type,
            ["name"] = isName ? (string?)given : (string?)given!["name"],
            ["multiValueHandling"] = isName ? "SORTED_ARRAY" : ((string?)given!["multiValueHandling"] ?? "SORTED_ARRAY").ToUpperInvariant(),
            ["createBitmapIndex"] = type == "string",
        };
        if (given is JsonObject members)
            foreach (var (name, value) in members)
                if (!dimension.ContainsKey(name)) dimension[name] = value?.DeepClone();
        return dimension;
    }

    private static void Standardise(JsonObject parent, string name)
    {
        using var json = JsonDocument.Parse(Text(parent[name]));
        if (!Granularity.TryRead(json.RootElement, out var granularity)) return;
        var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text)) granularity.Write(writer);
        parent[name] = JsonNode.Parse(text.ToArray());
    }

    private static JsonObject Io(JsonElement given, int taskCount)
    {
        var io = Overlay(IoConfigDefaults, given);
        io["taskCount"] = taskCount;
        Durations(io, "taskDuration", "startDelay", "period", "completionTimeout", "lateMessageRejectionPeriod", "earlyMessageRejectionPeriod");
        if (given.TryGetProperty("autoScalerConfig", out var scaler) && io["autoScalerConfig"] is JsonObject stated) io["autoScalerConfig"] = Overlay(AutoScalerConfigReader.DefaultsOf(stated), scaler);
        io["stream"] = (io["topic"] ?? io["topicPattern"])?.DeepClone();
        io["useEarliestSequenceNumber"] = io["useEarliestOffset"]?.DeepClone();
        return io;
    }

    /// <summary>Rewrites periods that Druid keeps as durations: <c>PT1M</c> becomes <c>PT60S</c>.</summary>
    private static void Durations(JsonObject parent, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if ((string?)parent[name] is { } text && IsoPeriod.TryRead(text, out var period)) parent[name] = IsoPeriod.Write(period);
    }

    /// <summary>The defaults in their order, overwritten by what is given, followed by what only the given object has. A given null takes the default.</summary>
    private static JsonObject Overlay(string defaults, JsonElement? given)
    {
        var result = (JsonObject)JsonNode.Parse(defaults)!;
        if (given is not { ValueKind: JsonValueKind.Object } members) return result;
        foreach (var member in members.EnumerateObject())
            if (member.Value.ValueKind != JsonValueKind.Null || !result.ContainsKey(member.Name)) result[member.Name] = Node(member.Value);
        return result;
    }

    private static JsonElement? Part(JsonElement parent, string name) => parent.TryGetProperty(name, out var part) ? part : null;
    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());
    private static string Text(JsonNode? node) => node is null ? "null" : node.ToJsonString(Relaxed);
}
