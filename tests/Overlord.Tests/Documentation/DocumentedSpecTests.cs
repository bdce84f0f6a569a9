using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary>The tables of spec fields in docs/kafka-ingestion.md, compared with the reader of specs and with what it assumes.</summary>
public sealed class DocumentedSpecTests
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<KafkaIngestionPage.FieldLine>> Tables = KafkaIngestionPage.Tables();

    /// <summary>Where the objects stand in a spec.</summary>
    private static readonly Dictionary<string, string> Places = new(StringComparer.Ordinal)
    {
        [""] = "$", ["context"] = "$.context", ["dataSchema"] = "$.spec.dataSchema", ["timestampSpec"] = "$.spec.dataSchema.timestampSpec", ["dimensionsSpec"] = "$.spec.dataSchema.dimensionsSpec",
        ["granularitySpec"] = "$.spec.dataSchema.granularitySpec", ["transformSpec"] = "$.spec.dataSchema.transformSpec", ["ioConfig"] = "$.spec.ioConfig", ["inputFormat"] = "$.spec.ioConfig.inputFormat",
        ["flattenSpec"] = "$.spec.ioConfig.inputFormat.flattenSpec", ["idleConfig"] = "$.spec.ioConfig.idleConfig", ["autoScalerConfig"] = "$.spec.ioConfig.autoScalerConfig", ["tuningConfig"] = "$.spec.tuningConfig",
        ["indexSpec"] = "$.spec.tuningConfig.indexSpec",
    };

    /// <summary>Objects of which only the reader itself knows the members.</summary>
    private static readonly Dictionary<string, string[]> ReadOnly = new(StringComparer.Ordinal) { ["idleConfig"] = ["enabled", "inactiveAfterMillis"] };

    /// <summary>Specs that state nothing that they need not, each of another kind.</summary>
    private static readonly JsonNode[] Plain =
    [
        Spec("""{"type":"json","flattenSpec":{}}"""), Spec("""{"type":"json"}""", """{"autoScalerStrategy":"costBased","enableTaskAutoScaler":true,"taskCountMin":1,"taskCountMax":2}"""), Spec("""{"type":"csv","columns":["a"]}"""),
        Spec("""{"type":"tsv","columns":["a"]}"""), Spec("""{"type":"regex","pattern":"(a)"}"""), Spec("""{"type":"kafka","valueFormat":{"type":"json"}}"""),
        Spec("""{"type":"csv","hasHeaderRow":true}"""),
    ];

    /// <summary>Written by Druid and not read, read by tasks only, read only in an old form of specs, or read without complaint: a senseless value is accepted.</summary>
    private static readonly string[] Unread =
        ["source", "stream", "useEarliestSequenceNumber", "priority", "useConcurrentLocks", "taskLockType", "useSharedLock", "dataSchema", "ioConfig", "tuningConfig", "dimensionExclusions"];

    /// <summary>Defaults that are said in words, and where they come from.</summary>
    private static readonly Dictionary<string, Func<bool>> InWords = new(StringComparer.Ordinal)
    {
        ["id"] = () => Read(Plain[0]).Id == "d",
        ["stopTaskCount"] = () => Read(With("$.spec.ioConfig.taskCount", 3)).IoConfig.StopTaskCount == 3,
        ["stream"] = () => (string?)Assumed("ioConfig")!["stream"] == "t",
        ["topic"] = () => Read(With("$.spec.ioConfig.topic", null, With("$.spec.ioConfig.topicPattern", "t.*"))).IoConfig.Stream.IsPattern,
        ["topicPattern"] = () => !Read(Plain[0]).IoConfig.Stream.IsPattern,
    };

    [Fact]
    public void Every_field_that_is_read_or_kept_is_documented_and_no_other()
    {
        Assert.Equal(Places.Keys.Order(StringComparer.Ordinal), Tables.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, lines) in Tables)
        {
            var known = UnhonouredFields.HonouredMembers.GetValueOrDefault(name, []).Concat(ReadOnly.GetValueOrDefault(name, [])).Concat(Assumed(name)?.Select(m => m.Key) ?? []).ToHashSet();
            Assert.Equal((name, string.Join(' ', known.Order(StringComparer.Ordinal))), (name, string.Join(' ', lines.Where(l => !l.IsRefused || known.Contains(l.Name)).Select(l => l.Name).Order(StringComparer.Ordinal))));
        }
    }

    [Fact]
    public void Fields_said_to_be_read_are_read_those_said_to_be_kept_are_not_and_those_said_to_be_refused_are()
    {
        foreach (var (name, lines) in Tables)
            foreach (var line in lines.Where(l => !Unread.Contains(l.Name)))
            {
                var path = $"{Places[name]}.{line.Name}";
                var senseless = Plain.Select(p => With(path, JsonNode.Parse("[[]]"), p).ToJsonString()).ToList();
                var isRefused = senseless.Any(s => SupervisorSpec.Read(s).Problems.Any(p => p.Path.StartsWith(path, StringComparison.Ordinal)));
                using var kept = JsonDocument.Parse(senseless[0]);
                var isKept = UnhonouredFields.Of(kept.RootElement).Any(f => f.Path == path);
                if (line.IsKept) Assert.True(isKept, $"{path} is documented as kept without effect, and is honoured");
                else Assert.True(isRefused, $"{path} is documented as {(line.IsRefused ? "refused" : "read")}, and [[]] is accepted for it");
                if (line.IsRefused) Assert.All(Plain.Take(1), p => Assert.Null(SupervisorSpec.Read(With(path, JsonNode.Parse("""{"1":1}"""), p).ToJsonString()).Spec));
            }
    }

    [Fact]
    public void Documented_defaults_are_those_of_the_reader()
    {
        foreach (var (name, lines) in Tables)
            foreach (var line in lines.Where(l => l.Default != "below"))
            {
                var path = $"{Places[name]}.{line.Name}";
                if (line.Default == "required") Assert.True(Plain.Any(p => SupervisorSpec.Read(With(path, null, p).ToJsonString()).Problems.Any(x => x.Path.StartsWith(path, StringComparison.Ordinal))), $"{path} is said to be required");
                else if (InWords.TryGetValue(line.Name, out var holds)) Assert.True(holds(), path);
                else Assert.Equal((path, Normal(line.Default)), (path, Normal(DefaultOf(name, line.Name))));
            }
    }

    /// <summary>As the reader has it where it is a plain value, else as a canonical spec has it.</summary>
    private static string DefaultOf(string name, string field)
    {
        var scaled = (AutoScalerConfig.LagBased)Read(With("$.spec.ioConfig.autoScalerConfig", JsonNode.Parse("""{"enableTaskAutoScaler":true,"taskCountMin":1,"taskCountMax":2}"""))).IoConfig.AutoScaler!;
        object? typed = name switch
        {
            "ioConfig" => Read(Plain[0]).IoConfig, "tuningConfig" => Read(Plain[0]).TuningConfig, "autoScalerConfig" when field.StartsWith("min", StringComparison.Ordinal) || field == "stopTaskCountRatio" => scaled, _ => null,
        };
        if (typed?.GetType().GetProperty(char.ToUpperInvariant(field[0]) + field[1..]) is { } property && IsPlain(property.PropertyType)) return Text(property.GetValue(typed));
        if (name == "inputFormat" && FormatDefault(field) is { } ofFormat) return ofFormat;
        return (name, field) switch
        {
            ("granularitySpec", "queryGranularity") => $"{SchemaOf(Plain[0]).QueryGranularity}",
            ("flattenSpec", "useFieldDiscovery") => Text(Format<InputFormat.Json>(0).UseFieldDiscovery),
            ("flattenSpec", "fields") => Format<InputFormat.Json>(0).Fields.IsEmpty ? "[]" : "?",
            ("idleConfig", "inactiveAfterMillis") => Text((long)Read(With("$.spec.ioConfig.idleConfig", JsonNode.Parse("""{"enabled":true}"""))).IoConfig.IdleAfter!.Value.TotalMilliseconds),
            ("idleConfig", "enabled") => Text(Read(With("$.spec.ioConfig.idleConfig", JsonNode.Parse("{}"))).IoConfig.IdleAfter is not null),
            _ => Assumed(name)?[field]?.ToJsonString().Trim('"') ?? "none",
        };
    }

    private static string? FormatDefault(string field) => field switch
    {
        "type" => FormatOf(Spec("{}")) is InputFormat.Json ? InputFormat.Json.Type : "?",
        "keepNullColumns" => Text(((InputFormat.Json)FormatOf(Spec("{}"))).KeepNullColumns),
        "assumeNewlineDelimited" or "useJsonNodeReader" => Text(Format<InputFormat.Json>(0).Framing != JsonFraming.Whole),
        "columns" => "[]", // required in csv and tsv unless there is a header, which a test of the reader says
        "findColumnsFromHeader" or "hasHeaderRow" => Text(Format<InputFormat.Delimited>(2).HasHeader),
        "skipHeaderRows" => Text(Format<InputFormat.Delimited>(2).SkipHeaderRows),
        "tryParseNumbers" => Text(Format<InputFormat.Delimited>(2).TryParseNumbers),
        "delimiter" => Escaped(Format<InputFormat.Delimited>(3).Delimiter),
        "listDelimiter" => Escaped(Format<InputFormat.Delimited>(2).ListDelimiter),
        "headerColumnPrefix" => Format<InputFormat.Kafka>(5).HeaderPrefix,
        "keyColumnName" => Format<InputFormat.Kafka>(5).KeyColumn,
        "timestampColumnName" => Format<InputFormat.Kafka>(5).TimestampColumn,
        "topicColumnName" => Format<InputFormat.Kafka>(5).TopicColumn,
        _ => null,
    };

    private static T Format<T>(int plain) where T : InputFormat => (T)FormatOf(Plain[plain]);

    private static InputFormat FormatOf(JsonNode spec)
    {
        using var json = JsonDocument.Parse(spec["spec"]!["ioConfig"]!["inputFormat"]!.ToJsonString());
        return InputFormat.Read(new SpecNode(json.RootElement, "$", []), [])!;
    }

    private static DataSchema SchemaOf(JsonNode spec)
    {
        using var json = JsonDocument.Parse(spec["spec"]!["dataSchema"]!.ToJsonString());
        return DataSchema.Read(json.RootElement, "$", [])!;
    }

    /// <summary>The object in a spec that is written out; of an auto-scaler, both kinds together.</summary>
    private static JsonObject? Assumed(string name)
    {
        var place = Places[name];
        if (name is "inputFormat" or "flattenSpec" or "idleConfig") return null;
        if (name != "autoScalerConfig") return At(JsonNode.Parse(Read(Plain[0]).Json)!, place) as JsonObject;
        var merged = new JsonObject();
        foreach (var kind in (string[])["lagBased", "costBased"])
            foreach (var (field, value) in (JsonObject)At(JsonNode.Parse(Read(With(place, JsonNode.Parse($$"""{"autoScalerStrategy":"{{kind}}"}"""))).Json)!, place)!)
                merged.TryAdd(field, value?.DeepClone());
        return merged;
    }

    private static bool IsPlain(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain.IsPrimitive || plain == typeof(string) || plain == typeof(TimeSpan));

    private static string Text(object? value) => value switch
    {
        null => "none", bool flag => flag ? "true" : "false", TimeSpan span => span == TimeSpan.MaxValue ? "never" : IsoPeriod.Write(span), _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Escaped(string text) => JsonSerializer.Serialize(text).Trim('"');

    /// <summary>Periods of the same length are the same.</summary>
    private static string Normal(string text) => IsoPeriod.TryRead(text, out var period) ? Text(period) : text;

    private static SupervisorSpec Read(JsonNode spec) => SupervisorSpec.Read(spec.ToJsonString()) is { Spec: { } read } ? read : throw new InvalidOperationException(string.Join("; ", SupervisorSpec.Read(spec.ToJsonString()).Problems));

    private static JsonNode Spec(string inputFormat, string autoScaler = "null") => JsonNode.Parse($$"""
        {"type":"kafka","spec":{"dataSchema":{"dataSource":"d","timestampSpec":{} },"ioConfig":{"topic":"t","inputFormat":{{inputFormat}},"consumerProperties":{"bootstrap.servers":"b:1"},"autoScalerConfig":{{autoScaler}} } } }
        """)!;

    /// <param name="value">Null: without it.</param>
    private static JsonNode With(string path, JsonNode? value, JsonNode? spec = null)
    {
        var changed = (spec ?? Plain[0]).DeepClone();
        var at = changed;
        var names = path.Split('.')[1..];
        foreach (var name in names[..^1]) at = at[name] ??= new JsonObject();
        if (value is null) at.AsObject().Remove(names[^1]);
        else at[names[^1]] = value.DeepClone();
        return changed;
    }

    private static JsonNode? At(JsonNode json, string path) => path.Split('.')[1..].Aggregate((JsonNode?)json, (at, name) => at?[name]);
}
