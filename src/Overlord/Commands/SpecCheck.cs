using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Overlord.Api;

namespace Ingestion.Overlord.Commands;

/// <summary>What an overlord would say of a spec, found out without one.</summary>
/// <param name="Spec">Null where it would be refused.</param>
/// <param name="NotHonoured">Members that it states and that have no effect here. Those that state what Druid assumes anyway are left out: nothing changes for them.</param>
internal sealed record SpecCheck(SupervisorSpec? Spec, IReadOnlyList<SpecProblem> Problems, IReadOnlyList<SpecProblem> NotHonoured, IReadOnlyList<string> Warnings)
{
    /// <summary>Rows that wait longer than this before they can be queried are worth a word.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    /// <summary>The parts of a spec, which Druid writes twice: below <c>spec</c>, and beside it for older readers.</summary>
    private static readonly string[] Copies = ["$.dataSchema", "$.ioConfig", "$.tuningConfig"];

    /// <summary>A spec that states nothing that it need not, with all that is assumed written out.</summary>
    private static readonly Lazy<JsonElement> Assumed = new(() => JsonDocument.Parse(SupervisorSpec.Read("""
        {"type":"kafka","spec":{"dataSchema":{"dataSource":"d","timestampSpec":{}},"ioConfig":{"topic":"t","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"b:1"}}}}
        """).Spec!.Json).RootElement);

    public static SpecCheck Of(ReadOnlyMemory<byte> posted)
    {
        var (spec, body, problems) = PostedSpec.Read(posted, stored: _ => null);
        return new SpecCheck(spec, problems, StatedInVain(body), spec is null ? [] : [.. Staleness(spec)]);
    }

    private static List<SpecProblem> StatedInVain(ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try { document = JsonDocument.Parse(body); }
        catch (JsonException) { return []; } // which is among the problems
        using (document)
        {
            var root = document.RootElement;
            var hasCopies = root.Member("spec") is not null;
            return [.. UnhonouredFields.Of(root).Where(f => !(hasCopies && Copies.Any(c => f.Path.StartsWith(c, StringComparison.Ordinal))) && !StatesWhatIsAssumed(root, f.Path))];
        }
    }

    private static bool StatesWhatIsAssumed(JsonElement spec, string path) =>
        At(spec, path) is { } stated && At(Assumed.Value, path) is { } assumed && (JsonElement.DeepEquals(stated, assumed) || Period(stated) is { } period && period == Period(assumed));

    private static JsonElement? At(JsonElement json, string path)
    {
        JsonElement? at = json;
        foreach (var name in path.Split('.').Skip(1)) at = at?.Member(name);
        return at;
    }

    private static TimeSpan? Period(JsonElement json) => json.ValueKind == JsonValueKind.String && IsoPeriod.TryRead(json.GetString(), out var period) ? period : null;

    private static IEnumerable<string> Staleness(SupervisorSpec spec)
    {
        var (name, reading) = spec.TuningConfig.IntermediateHandoffPeriod < spec.IoConfig.TaskDuration
            ? ("tuningConfig.intermediateHandoffPeriod", spec.TuningConfig.IntermediateHandoffPeriod) : ("ioConfig.taskDuration", spec.IoConfig.TaskDuration);
        if (reading >= Fresh)
            yield return $"A row can be queried only once it is published: up to {Words.Of(reading)} ({name}) after it was read, and the time that publishing takes. Druid's own tasks answer queries while they read; for rows within {Words.Of(Fresh)} set taskDuration or intermediateHandoffPeriod shorter.";
    }
}
