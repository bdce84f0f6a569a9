using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Specs;

internal static class SupervisorSpecReader
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static SpecReading Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return SpecReading.Failed("$", "a supervisor spec is a JSON object");
        var problems = new List<SpecProblem>();
        var node = new SpecNode(root, "$", problems);
        var type = node.Text("type", required: true);
        if (type is not null && type != SupervisorSpec.KafkaType) return SpecReading.Failed("$.type", $"[{type}] is not supported: use {SupervisorSpec.KafkaType}");

        // The three parts sit under "spec", or, in the legacy form, at the top.
        var parts = node.Object("spec") ?? node;
        var dataSchema = parts.Object("dataSchema", required: true);
        var ioConfig = parts.Object("ioConfig", required: true);
        var tuningConfig = parts.Object("tuningConfig");
        tuningConfig?.OneOf("type", "kafka", "kafka", "KafkaTuningConfig");
        var schema = dataSchema is { } d ? DataSchema.Read(d.Json, d.Path, problems) : null;
        var io = ioConfig is { } i ? ReadIoConfig(i, problems) : null;
        var tuning = tuningConfig is { } t ? TuningConfig.Read(t) : new TuningConfig();
        var id = node.Text("id") ?? schema?.DataSource ?? "";
        if (node.Has("id")) DataSchemaReader.CheckId(node, "id", id);
        node.Object("context");
        var suspended = node.Flag("suspended", false);
        if (problems.Count > 0 || schema is null || io is null) return new SpecReading(null, problems);

        var canonical = new CanonicalSpec(root, dataSchema!.Value.Json, ioConfig!.Value.Json, tuningConfig?.Json, io.TaskCount, suspended);
        return new SpecReading(new SupervisorSpec
        {
            Id = id, DataSource = schema.DataSource, IoConfig = io, TuningConfig = tuning, Suspended = suspended, StatesTaskCount = ioConfig.Value.Has("taskCount"), Json = canonical.Spec, DataSchemaJson = canonical.DataSchema,
            TaskTuningConfigJson = canonical.TaskTuningConfig, InputFormatJson = canonical.InputFormat, ContextJson = canonical.Context,
        }, problems);
    }

    private static IoConfig? ReadIoConfig(SpecNode node, List<SpecProblem> problems)
    {
        var before = problems.Count;
        var stream = ReadStream(node);
        var properties = ReadConsumerProperties(node);
        if (node.Object("inputFormat", required: true) is { } format) InputFormat.Read(format, problems);
        RefuseWhatIsNotHonoured(node);
        if (node.Has("lateMessageRejectionPeriod") && node.Has("lateMessageRejectionStartDateTime"))
            node.Problem("lateMessageRejectionStartDateTime", "cannot be given together with lateMessageRejectionPeriod");
        DateTimeOffset? lateStart = null;
        if (node.Text("lateMessageRejectionStartDateTime") is { } text)
        {
            if (IsoTime.TryRead(text, out var instant)) lateStart = instant;
            else node.Problem("lateMessageRejectionStartDateTime", $"[{text}] is not an ISO 8601 time");
        }
        var defaults = new IoConfig { Stream = stream, ConsumerProperties = ImmutableSortedDictionary<string, string>.Empty };
        var autoScaler = node.Object("autoScalerConfig") is { } scaler ? AutoScalerConfigReader.Read(scaler) : null;
        var taskCount = node.Integer("taskCount", autoScaler?.TaskCountStart ?? autoScaler?.TaskCountMin ?? 1, 1);
        var stopTaskCount = node.Integer("stopTaskCount", taskCount, 1);
        node.Period("startDelay", TimeSpan.Zero);
        node.Integer("pollTimeout", 0L);
        var config = new IoConfig
        {
            Stream = stream, ConsumerProperties = properties,
            Replicas = node.Integer("replicas", 1, 1),
            TaskCount = taskCount,
            TaskDuration = node.Period("taskDuration", Second) ?? defaults.TaskDuration,
            Period = node.Period("period", Second) ?? defaults.Period,
            UseEarliestOffset = node.Flag("useEarliestOffset", false),
            CompletionTimeout = node.Period("completionTimeout", Second) ?? defaults.CompletionTimeout,
            StopTaskCount = autoScaler?.StopTaskCountRatio is { } ratio ? Math.Max(1, (int)(taskCount * ratio)) : stopTaskCount,
            AutoScaler = autoScaler,
            LateMessageRejectionPeriod = node.Period("lateMessageRejectionPeriod", TimeSpan.Zero),
            LateMessageRejectionStart = lateStart,
            EarlyMessageRejectionPeriod = node.Period("earlyMessageRejectionPeriod", TimeSpan.Zero),
            IdleAfter = ReadIdleAfter(node),
        };
        return problems.Count > before ? null : config;
    }

    private static SourceStream ReadStream(SpecNode node)
    {
        if (node.Has("topicPattern"))
        {
            if (node.Text("topicPattern") is not { } pattern) return new SourceStream("", isPattern: true);
            if (node.Has("topic")) node.Problem("topicPattern", $"Only one of topic [{node.Text("topic")}] or topicPattern [{pattern}] must be specified");
            else if (SourceStream.PatternProblem(pattern) is { } problem) node.Problem("topicPattern", $"[{pattern}] is not a regular expression that can be matched: {problem}");
            return new SourceStream(pattern, isPattern: true);
        }
        if (!node.Has("topic")) node.Problem("topic", "Either topic or topicPattern must be specified");
        var topic = node.Text("topic");
        var legal = topic is null || (topic.Length is > 0 and <= 249 && topic is not ("." or "..") && topic.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
        if (!legal) node.Problem("topic", $"[{topic}] is not a Kafka topic name: 1 to 249 letters, digits, '.', '_' or '-'");
        return new SourceStream(topic ?? "", isPattern: false);
    }

    private static ImmutableSortedDictionary<string, string> ReadConsumerProperties(SpecNode node)
    {
        var properties = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (node.Object("consumerProperties", required: true) is not { } given) return properties.ToImmutable();
        foreach (var property in given.Json.EnumerateObject())
        {
            var (name, value) = (property.Name, property.Value);
            if (value.ValueKind == JsonValueKind.Null) continue;
            if (name == SecretProvider.Dynamic || value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            {
                if (SecretProvider.ProblemOf(name, value) is { } problem) given.Problem(name, problem);
                else properties[name] = SecretProvider.Keep(value);
            }
            else if (SecretProvider.Is(name, value.ToString())) given.Problem(name, "is the text of a password provider: give the object itself");
            else properties[name] = value.ToString();
        }
        foreach (var (name, reason) in KafkaClientProperties.ForLibrdkafka(properties, variable: null).Refused) given.Problem(name, reason);
        if (!properties.TryGetValue("bootstrap.servers", out var servers) || string.IsNullOrWhiteSpace(servers)) given.Problem("bootstrap.servers", "is missing: host:port of at least one broker is expected");
        return properties.ToImmutable();
    }

    /// <summary>Ten minutes is the default of Druid's <c>druid.supervisor.idleConfig.inactiveAfterMillis</c>.</summary>
    private static TimeSpan? ReadIdleAfter(SpecNode node)
    {
        if (node.Object("idleConfig") is not { } idle) return null;
        var millis = idle.Integer("inactiveAfterMillis", 600_000, 1);
        return idle.Flag("enabled", false) ? TimeSpan.FromMilliseconds(millis) : null;
    }

    private static void RefuseWhatIsNotHonoured(SpecNode node)
    {
        if (node.Has("configOverrides")) node.Problem("configOverrides", "are not supported");
        if (node.Has("boundedStreamConfig")) node.Problem("boundedStreamConfig", "is not supported");
        if (node.Has("serverPriorityToReplicas")) node.Problem("serverPriorityToReplicas", "is not supported: tasks serve no queries");
    }
}
