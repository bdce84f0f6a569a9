using System.Text;
using System.Text.Json.Nodes;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>A request as some client would send it, with some of its parts made wrong.</summary>
internal sealed record FuzzedRequest(string Method, string Path, byte[]? Body, string? ContentType, IReadOnlyList<(string Name, string Value)> Headers)
{
    /// <summary>Is in the spec and in the task's payload, and in no request but where the spec is posted.</summary>
    public const string Secret = "correct-horse-battery";
    public const string ActiveTask = "index_kafka_wiki_abc_aaaaaaaa";
    private const string Base = "/druid/indexer/v1";

    public static readonly string Spec = PostedSpecs.Wiki(s =>
    {
        var properties = s["spec"]!["ioConfig"]!["consumerProperties"]!;
        properties["bootstrap.servers"] = "127.0.0.1:9";
        properties["sasl.password"] = Secret;
        properties["ssl.key.password"] = JsonNode.Parse($$"""{"type":"default","password":"{{Secret}}"}""");
        s["suspended"] = true;
    });

    /// <summary>A spec to be changed: without the secret, since an answer may repeat what is wrong with a request.</summary>
    private static readonly string PlainSpec = PostedSpecs.Wiki(s => s["spec"]!["ioConfig"]!["consumerProperties"]!["bootstrap.servers"] = "127.0.0.1:9");
    private static readonly string MaskedSpec = Spec.Replace(Secret, "********", StringComparison.Ordinal);
    private const string Offsets = """{"type":"kafka","partitions":{"type":"end","stream":"topic-1","partitionOffsetMap":{"0":5} } }""";
    private const string Allocate = $$$"""
        {"task":{"id":"{{{ActiveTask}}}"},"action":{"type":"segmentAllocate","dataSource":"wiki","timestamp":"2015-09-12T01:00:00.000Z","queryGranularity":{"type":"none"},"preferredSegmentGranularity":"DAY",
         "sequenceName":"index_kafka_wiki_abc_0","previousSegmentId":null,"skipSegmentLineageCheck":true,"partialShardSpec":{"type":"numbered"},"lockGranularity":"TIME_CHUNK","taskLockType":"EXCLUSIVE"} }
        """;
    private const string Publish = $$$"""
        {"task":{"id":"{{{ActiveTask}}}"},"action":{"type":"segmentTransactionalInsert","segments":[{"dataSource":"wiki","interval":"2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z","version":"v","loadSpec":{"type":"local","path":"/x"},
         "dimensions":"a","metrics":"","shardSpec":{"type":"numbered","partitionNum":0,"partitions":0},"binaryVersion":9,"size":1,"identifier":"x"}],
         "startMetadata":{"type":"kafka","partitions":{"type":"start","stream":"topic","partitionSequenceNumberMap":{"0":0},"exclusivePartitions":[]} },"endMetadata":{"type":"kafka","partitions":{"type":"end","stream":"topic","partitionSequenceNumberMap":{"0":9} } } } }
        """;

    private const string Kill = """
        {"type":"kill","id":"killed","dataSource":"wiki","interval":"2015-09-12/2015-09-13","versions":["v"],"batchSize":10,"limit":20,"maxUsedStatusLastUpdatedTime":"2030-01-01T00:00:00.000Z","context":{"priority":1,"taskLockType":"EXCLUSIVE","useConcurrentLocks":true} }
        """;
    private const string Sample = """
        {"type":"index","spec":{"ioConfig":{"type":"index","inputSource":{"type":"inline","data":"{\"time\":\"2015-09-12\",\"page\":\"x\",\"added\":1}\n{\"time\":\"soon\"}\nno json\n{\"time\":\"2015-09-12\",\"page\":[\"b\",null],\"added\":\"x\"}"},
         "inputFormat":{"type":"json","keepNullColumns":true} },"dataSchema":{"dataSource":"sample","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"useSchemaDiscovery":true,"dimensions":["page",{"type":"long","name":"n"}]},
         "metricsSpec":[{"type":"longSum","name":"sum","fieldName":"added"},{"type":"stringLast","name":"last","fieldName":"page"}],"transformSpec":{"transforms":[{"type":"expression","name":"n","expression":"added * 2"}],"filter":{"type":"selector","dimension":"page","value":"x"} },
         "granularitySpec":{"queryGranularity":"HOUR","rollup":true} },"tuningConfig":{"type":"index"} },"samplerConfig":{"numRows":50,"timeoutMs":1000,"maxBytesInMemory":"1MiB","maxClientResponseBytes":5000} }
        """;

    /// <summary>Of a Kafka that does not answer: soon over.</summary>
    private static readonly string StreamSample = PostedSpecs.Wiki(s =>
    {
        s["spec"]!["ioConfig"]!["consumerProperties"]!["bootstrap.servers"] = "127.0.0.1:9";
        s["samplerConfig"] = JsonNode.Parse("""{"numRows":5,"timeoutMs":50}""");
    });

    private static readonly (string Method, string Path, string? Body)[] Templates =
    [
        ("GET", "/status", null), ("GET", "/status/health", null), ("GET", "/status/properties", null), ("GET", "/status/selfDiscovered/status", null), ("GET", "/status/selfDiscovered", null), ("GET", "/status/coordination", null), ("GET", "/status/workers", null), ("GET", $"{Base}/leader", null), ("GET", $"{Base}/isLeader", null),
        ("GET", $"{Base}/supervisor", null), ("GET", $"{Base}/supervisor?full", null), ("GET", $"{Base}/supervisor?system", null), ("GET", $"{Base}/supervisor?state=true", null), ("GET", $"{Base}/supervisor/history", null),
        ("GET", $"{Base}/supervisor/wiki", null), ("GET", $"{Base}/supervisor/wiki/status", null), ("GET", $"{Base}/supervisor/wiki/explain", null), ("GET", $"{Base}/supervisor/wiki/health", null), ("GET", $"{Base}/supervisor/wiki/stats", null),
        ("GET", $"{Base}/supervisor/wiki/parseErrors", null), ("GET", $"{Base}/supervisor/wiki/history?count=2", null),
        ("POST", $"{Base}/supervisor/wiki/suspend", "{}"), ("POST", $"{Base}/supervisor/wiki/resume", "{}"), ("POST", $"{Base}/supervisor/wiki/reset?to=earliest", "{}"), ("POST", $"{Base}/supervisor/wiki/terminate", "{}"), ("POST", $"{Base}/supervisor/wiki/shutdown", "{}"),
        ("POST", $"{Base}/supervisor/suspendAll", "{}"), ("POST", $"{Base}/supervisor/resumeAll", "{}"), ("POST", $"{Base}/supervisor/terminateAll", "{}"), ("POST", $"{Base}/supervisor/wiki/resetOffsets", Offsets), ("POST", $"{Base}/supervisor/wiki/taskGroups/handoff", """{"taskGroupIds":[0]}"""),
        ("POST", $"{Base}/supervisor", PlainSpec), ("POST", $"{Base}/supervisor?skipRestartIfUnmodified=true", PlainSpec), ("POST", $"{Base}/supervisor?dryRun=true", PlainSpec), ("POST", $"{Base}/supervisor", MaskedSpec), ("POST", $"{Base}/supervisor", PlainSpec),
        ("GET", $"{Base}/tasks", null), ("GET", $"{Base}/tasks?state=complete&max=5&datasource=wiki&type=index_kafka&createdTimeInterval=2015-01-01_2030-01-01", null), ("GET", $"{Base}/completeTasks?n=3", null), ("GET", $"{Base}/runningTasks", null),
        ("GET", $"{Base}/pendingTasks", null), ("GET", $"{Base}/waitingTasks", null), ("GET", $"{Base}/task/{ActiveTask}", null), ("GET", $"{Base}/task/{ActiveTask}/status", null), ("GET", $"{Base}/task/{ActiveTask}/segments", null),
        ("GET", $"{Base}/task/{ActiveTask}/reports", null), ("GET", $"{Base}/task/{ActiveTask}/log?offset=-10", null), ("POST", $"{Base}/task/nope/shutdown", "{}"), ("POST", $"{Base}/datasources/nope/shutdownAllTasks", "{}"),
        ("POST", $"{Base}/taskStatus", $"[\"{ActiveTask}\",\"nope\"]"), ("POST", $"{Base}/task", """{"type":"compact","dataSource":"wiki"}"""), ("POST", $"{Base}/task", Kill), ("POST", $"{Base}/task", Kill), ("GET", $"{Base}/task/killed/reports", null), ("GET", $"{Base}/task/killed/log?offset=-5", null),
        ("POST", $"{Base}/sampler?for=parser", Sample), ("POST", $"{Base}/sampler?for=schema", Sample), ("POST", $"{Base}/sampler?for=connect", StreamSample), ("POST", $"{Base}/worker/localhost:8091/enable", "{}"), ("POST", $"{Base}/worker/localhost:8091/disable", "{}"),
        ("GET", $"{Base}/workers", null), ("GET", $"{Base}/totalWorkerCapacity", null), ("GET", $"{Base}/scaling", null),
        ("GET", $"{Base}/worker", null), ("POST", $"{Base}/worker", """{"type":"default","selectStrategy":{"type":"equalDistribution"}}"""), ("GET", $"{Base}/worker/history?count=3&interval=2020-01-01_2030-01-01", null),
        ("POST", $"{Base}/lockedIntervals/v2", """[{"datasource":"wiki","priority":1,"intervals":["2015-01-01/2016-01-01"],"context":{"useConcurrentLocks":true}}]"""), ("POST", $"{Base}/activeLocks", """[{"datasource":"wiki"}]"""),
        ("POST", $"{Base}/datasources/wiki", "{}"), ("DELETE", $"{Base}/datasources/wiki", null), ("POST", $"{Base}/datasources/wiki/markUsed", """{"interval":"2015-01-01/2016-01-01","versions":["v"]}"""),
        ("POST", $"{Base}/datasources/wiki/markUnused", """{"segmentIds":["wiki_x"]}"""), ("POST", $"{Base}/datasources/wiki/segments/wiki_x", "{}"), ("DELETE", $"{Base}/datasources/wiki/segments/wiki_x", null),
        ("DELETE", $"{Base}/pendingSegments/wiki?interval=2015-01-01_2016-01-01", null), ("POST", $"{Base}/action", Allocate), ("POST", $"{Base}/action", Publish), ("POST", $"{Base}/action", $$$"""{"task":{"id":"{{{ActiveTask}}}"},"action":{"type":"lockList"} }"""),
        ("POST", $"{Base}/action", $$$"""{"task":{"id":"{{{ActiveTask}}}"},"action":{"type":"retrieveSegmentsById","dataSource":"wiki","segments":["x"]} }"""), ("GET", "/v1/service", null), ("GET", "/v1/service/druid-worker", null), ("GET", "/v1/service/druid-worker/general", null),
        ("GET", "/v1/info", null), ("GET", "/v1/info/state", null), ("GET", "/v1/node", null), ("GET", "/v1/node/failed", null),
        ("PUT", "/v1/announcement/n1", """{"environment":"elsewhere","services":[{"id":"1","type":"x","properties":{} }]}"""), ("DELETE", "/v1/announcement/n1", null), ("GET", $"{Base}/compaction/isSupervisorEnabled", null),
    ];

    /// <summary>One in so many: an overlord that is alone leads again only after 3 s.</summary>
    private const int SeldomIsOneIn = 1_000;
    private static readonly (string Method, string Path, string? Body) Resignation = ("POST", "/druid-internal/v1/leadership/resign", "{}");

    private static readonly string?[] Credentials =
    [
        null, $"{AccessFiles.Basic(AccessFiles.WikiWriter, AccessFiles.WikiWriter)}", $"{AccessFiles.Basic(AccessFiles.WikiReader, AccessFiles.WikiReader)}", $"{AccessFiles.Bearer()}", $"{AccessFiles.Basic("nobody", "x")}", $"{AccessFiles.Basic("", "")}",
        "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer", "Bearer a b", $"Bearer {new string('t', 8_000)}", "Digest username=\"operator\"",
    ];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "FROB"];
    private static readonly string[] Segments = ["nope", "%00", "a%00b", "%2F", "..", "%2e%2e", "%FF%FE", "%E2%82%AC", "wiki%20", "WIKI", "%25", "-1", "null", "%22%27%3B--", "%7B%7D", "%0d%0aX: y", ";a=b", "history", "suspendAll", new string('x', 300), new string('%', 3)];
    private static readonly string[] Values = ["", "true", "maybe", "-1", "0", "99999999999999999999", "1e9", "%00", "2015_2016", "2015-01-01/2014-01-01", "0000-01-01/99999-01-01", "pending", "%FF", "null", "[]", new string('9', 400)];
    private static readonly string[] Names = ["full", "system", "state", "max", "n", "count", "datasource", "type", "createdTimeInterval", "interval", "skipRestartIfUnmodified", "dryRun", "to", "offset", "nothing"];
    private static readonly string[] Types = ["application/json; charset=utf-8", "application/json; charset=nonsense", "text/plain", "APPLICATION/JSON", "application/x-jackson-smile", "*/*", "x", ";;;"];

    private static readonly string[] Nodes =
    [
        "null", "true", "-1", "0", "1", "2147483648", "9223372036854775808", "1e400", "0.5", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"********\"", "\"PT1H\"", "\"-PT1H\"", "\"P99999999999Y\"", "\"2015-01-01/2016-01-01\"", "[]", "{}", "[null]", "[[[]]]",
        "{\"type\":\"x\"}", "{\"type\":null}", "{\"0\":-1}", "{\"a:b\":1}", "{\"0\":99999999999999999999}", "\"(((\"", "\"DAY\"", "\"2015-09-12T00:00:00Z\"",
    ];

    public static IEnumerable<(string Method, string Path)> Endpoints => Templates.Append(Resignation).Select(t => (t.Method, t.Path));

    /// <summary>Whether leadership may be given up by it.</summary>
    public bool Resigns => Path.StartsWith(Resignation.Path, StringComparison.Ordinal);

    public static FuzzedRequest Next(Random random)
    {
        var (method, path, text) = random.Next(SeldomIsOneIn) == 0 ? Resignation : Templates[random.Next(Templates.Length)];
        var body = text is null ? null : Encoding.UTF8.GetBytes(text);
        string? type = text is null ? null : "application/json";
        var headers = new List<(string, string)>();
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            switch (random.Next(10))
            {
                case 0: method = Pick(random, Methods); break;
                case 1 or 2: path = OtherSegment(random, path); break;
                case 3: path += $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{Pick(random, Names)}={Pick(random, Values)}"; break;
                case 4: type = random.Next(4) == 0 ? null : Pick(random, Types); break;
                case 5: headers.Add(random.Next(3) switch { 0 => ("Content-Encoding", "gzip"), 1 => ("X-Druid-Author", new string('a', 400)), _ => ("Accept", "image/png") }); break;
                case 6: body = Damaged(random, body ?? "{}"u8.ToArray()); break;
                default: body = body is null ? null : OtherNode(random, body); break;
            }
        }
        return new FuzzedRequest(method, path, body, type, headers);
    }

    /// <summary>With credentials: mostly of who may do everything.</summary>
    public FuzzedRequest By(Random random) =>
        (random.Next(10) < 7 ? $"{AccessFiles.Basic(AccessFiles.Operator, AccessFiles.Operator)}" : Pick(random, Credentials)) is { } credential ? this with { Headers = [.. Headers, ("Authorization", credential)] } : this;

    public HttpRequestMessage ToMessage(Uri address)
    {
        var target = new Uri(address.GetLeftPart(UriPartial.Authority) + Path.Replace("%0d%0aX: y", "%0d%0aX%3A%20y", StringComparison.Ordinal), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(new HttpMethod(Method), target);
        if (Body is not null && Method is not ("TRACE" or "HEAD"))
        {
            message.Content = new ByteArrayContent(Body);
            if (ContentType is not null) message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }
        foreach (var (name, value) in Headers)
            if (!message.Headers.TryAddWithoutValidation(name, value)) message.Content?.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    public override string ToString() => $"{Method} {Path} ({ContentType}; {string.Join(", ", Headers)}) {(Body is null ? "" : Encoding.UTF8.GetString(Body))}";

    private static string OtherSegment(Random random, string path)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var segments = (query < 0 ? path : path[..query]).Split('/');
        segments[random.Next(1, segments.Length)] = Pick(random, Segments);
        return string.Join('/', segments) + (query < 0 ? "" : path[query..]);
    }

    private static byte[] Damaged(Random random, byte[] body) => random.Next(6) switch
    {
        0 => [],
        1 => body[..random.Next(body.Length + 1)],
        2 => [.. body, .. body],
        3 => "null"u8.ToArray(),
        4 => Encoding.UTF8.GetBytes(new string('[', 5_000)),
        _ => Flipped(random, body),
    };

    private static byte[] Flipped(Random random, byte[] body)
    {
        byte[] flipped = [.. body];
        if (flipped.Length > 0) flipped[random.Next(flipped.Length)] = (byte)random.Next(256);
        return flipped;
    }

    /// <summary>Some value within a JSON body is another one.</summary>
    private static byte[] OtherNode(Random random, byte[] body)
    {
        const string mark = "\"the place\"";
        try
        {
            if (JsonNode.Parse(body) is not { } root) return body;
            var places = new List<JsonNode>();
            Gather(root, places);
            if (places.Count == 0) return body;
            places[random.Next(places.Count)].ReplaceWith(JsonNode.Parse(mark));
            return Encoding.UTF8.GetBytes(root.ToJsonString().Replace(mark, Pick(random, Nodes), StringComparison.Ordinal));
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or ArgumentException or InvalidOperationException) { return body; } // damaged before
    }

    private static void Gather(JsonNode node, List<JsonNode> places)
    {
        foreach (var child in node switch { JsonObject members => members.Select(m => m.Value), JsonArray items => items, _ => [] })
        {
            if (child is null) continue;
            places.Add(child);
            Gather(child, places);
        }
    }

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
