using System.Text.Encodings.Web;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;

namespace Ingestion.Contracts.Tasks;

/// <summary>Druid's task of type <c>kill</c>: deletes unused segments of an interval, first their rows and then their files.</summary>
public sealed record KillTask
{
    public const string Type = "kill";
    private const int DefaultBatchSize = 100, MostPerBatch = 10_000;

    public required string Id { get; init; }
    public required string DataSource { get; init; }

    /// <summary>Segments that lie in it as a whole.</summary>
    public required Interval Interval { get; init; }

    /// <summary>Null: of all versions.</summary>
    public IReadOnlyList<string>? Versions { get; init; }

    /// <summary>Segments that are deleted in one transaction.</summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>Segments that are deleted at most; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>Only segments that have been unused since then, or longer; null: all.</summary>
    public DateTimeOffset? MaxUsedStatusLastUpdatedTime { get; init; }

    /// <summary>The task as Druid writes it, with its defaults.</summary>
    public required string Json { get; init; }

    /// <summary>Of the lock over the interval.</summary>
    public required string LockType { get; init; }
    public required int Priority { get; init; }

    /// <summary>Reads a posted task, or one that is stored.</summary>
    /// <param name="newId">Of a task that has none: what comes before its interval and behind it are given by Druid.</param>
    /// <returns>Null, with at least one problem, when it cannot be run.</returns>
    public static KillTask? Read(JsonElement json, DateTimeOffset now, Func<string> newId, List<SpecProblem> problems)
    {
        var node = new SpecNode(json, "$", problems);
        var dataSource = node.Text("dataSource", required: true);
        if (dataSource is not null) DataSchemaReader.CheckId(node, "dataSource", dataSource);
        var interval = ReadInterval(node);
        var versions = node.Has("versions") ? node.Array("versions").Select(v => v.Json.ValueKind == JsonValueKind.String ? v.Json.GetString() : Wrong(v)).OfType<string>().ToList() : null;
        var batchSize = node.Integer("batchSize", DefaultBatchSize, 1);
        if (batchSize > MostPerBatch) node.Problem("batchSize", $"is {batchSize}: at most {MostPerBatch} is expected");
        var limit = node.Has("limit") ? node.Integer("limit", int.MaxValue, 1) : (int?)null;
        DateTimeOffset? until = null;
        if (node.Text("maxUsedStatusLastUpdatedTime") is { } text)
        {
            if (IsoTime.TryRead(text, out var read)) until = read;
            else node.Problem("maxUsedStatusLastUpdatedTime", $"[{text}] is not an ISO 8601 time");
        }
        var context = node.Object("context");
        var (lockType, priority) = ReadLock(context);
        var id = node.Text("id") ?? (dataSource is null || interval is null ? "" : $"kill_{dataSource}_{newId()}_{interval}_{IsoTime.Write(now)}".Replace('/', '_'));
        if (node.Has("id")) CheckId(node, id);
        if (problems.Count > 0) return null;
        var task = new KillTask
        {
            Id = id, DataSource = dataSource!, Interval = interval!.Value, Versions = versions, BatchSize = batchSize, Limit = limit, MaxUsedStatusLastUpdatedTime = until, LockType = lockType, Priority = priority, Json = "",
        };
        return task with { Json = task.Write(context?.Json) };
    }

    private static Interval? ReadInterval(SpecNode node)
    {
        if (node.Text("interval", required: true) is not { } text) return null;
        if (Interval.TryParse(text, out var interval) && interval.StartMillis < interval.EndMillis) return interval;
        node.Problem("interval", $"[{text}] is not an interval START/END");
        return null;
    }

    private static (string Type, int Priority) ReadLock(SpecNode? context)
    {
        if (context is not { } given) return (TaskLock.Exclusive, 0);
        var type = given.OneOf("taskLockType", TaskLock.Exclusive, TaskLock.Exclusive, TaskLock.Shared, TaskLock.Replace, TaskLock.Append);
        return (given.Flag("useConcurrentLocks", false) ? TaskLock.Replace : type, given.Integer("priority", 0, int.MinValue));
    }

    /// <summary>The columns that ids are kept in are 255 characters wide.</summary>
    private static void CheckId(SpecNode node, string id)
    {
        if (id.Length is 0 or > 255 || id.Any(c => c is '/' or '\\' || char.IsControl(c)) || id[0] == '.') node.Problem("id", $"[{id}] is not an id of 1 to 255 characters without '/', '\\' and control characters, and not one that begins with '.'");
    }

    private static string? Wrong(SpecNode version)
    {
        version.Problem("", "a string is expected");
        return null;
    }

    private string Write(JsonElement? context)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteString("id", Id);
            json.WriteString("dataSource", DataSource);
            json.WriteString("interval", Interval.ToString());
            json.WritePropertyName("versions");
            if (Versions is null) json.WriteNullValue();
            else
            {
                json.WriteStartArray();
                foreach (var version in Versions) json.WriteStringValue(version);
                json.WriteEndArray();
            }
            json.WritePropertyName("context");
            if (context is { } given) given.WriteTo(json);
            else json.WriteRawValue("{}");
            json.WriteNumber("batchSize", BatchSize);
            if (Limit is { } limit) json.WriteNumber("limit", limit);
            else json.WriteNull("limit");
            json.WriteString("maxUsedStatusLastUpdatedTime", MaxUsedStatusLastUpdatedTime is { } until ? IsoTime.Write(until) : null);
            json.WriteString("groupId", Id);
            json.WriteStartObject("resource");
            json.WriteString("availabilityGroup", Id);
            json.WriteNumber("requiredCapacity", 1);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
