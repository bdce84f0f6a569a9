using System.Text.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Metadata;

/// <summary>A row of the supervisors table: one version of a supervisor's spec, or its tombstone.</summary>
/// <param name="Version">Its <c>created_date</c>, Druid's name for the version in histories.</param>
/// <param name="Json">The payload as it is stored; a tombstone's has two members <c>type</c>.</param>
public sealed record StoredSpec(long RowId, string SpecId, string Version, string Json)
{
    /// <summary>What Druid stores when a supervisor is terminated, byte for byte: it refuses one without the first <c>type</c>.</summary>
    public static string Tombstone(string dataSource) =>
        $$"""{"type":"NoopSupervisorSpec","id":null,"dataSources":[{{System.Text.Json.JsonSerializer.Serialize(dataSource, Contracts.Json.ContractsJson.Default.String)}}],"suspended":false,"type":"noop","source":"noop"}""";

    public bool IsTombstone => Json.StartsWith("""{"type":"NoopSupervisorSpec""", StringComparison.Ordinal) || Json.StartsWith("""{"type":"noop""", StringComparison.Ordinal);

    /// <summary>What it reads into, or read into before it was terminated; null: it names none.</summary>
    public string? DataSource()
    {
        using var document = JsonDocument.Parse(Json);
        var json = document.RootElement;
        if (Member(json, "dataSources") is { ValueKind: JsonValueKind.Array } several) return several.EnumerateArray().Select(d => d.ToString()).FirstOrDefault();
        var schema = Member(Member(json, "spec"), "dataSchema") ?? Member(json, "dataSchema");
        return Member(schema, "dataSource") is { ValueKind: JsonValueKind.String } name ? name.GetString() : null;

        static JsonElement? Member(JsonElement? json, string name) => json is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty(name, out var member) ? member : null;
    }

    /// <summary>The spec; of a tombstone the problem that it is none.</summary>
    public SpecReading Read() => SupervisorSpec.Read(Json);
}
