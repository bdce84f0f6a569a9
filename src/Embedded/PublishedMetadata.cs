using System.Text.Json;
using Ingestion.Contracts.Json;
using Npgsql;

namespace Ingestion.Embedded;

/// <summary>What the metadata database says is published.</summary>
public static class PublishedMetadata
{
    /// <summary>Sum of the committed offsets of a supervisor; 0 before the first publish.</summary>
    public static async Task<long> CommittedAsync(NpgsqlDataSource database, string supervisor)
    {
        await using var command = database.CreateCommand("SELECT commit_metadata_payload FROM druid_datasource WHERE datasource = $1");
        command.Parameters.AddWithValue(supervisor);
        return await command.ExecuteScalarAsync() is byte[] payload ? JsonSerializer.Deserialize(payload, ContractsJson.Default.KafkaDataSourceMetadata)!.Offsets.Sum(o => o.Value) : 0;
    }

    /// <summary>The load specs of the used segments of a dataSource, ordered by segment id.</summary>
    public static async Task<IReadOnlyList<JsonElement>> LoadSpecsAsync(NpgsqlDataSource database, string dataSource)
    {
        await using var command = database.CreateCommand("SELECT payload FROM druid_segments WHERE datasource = $1 AND used ORDER BY id");
        command.Parameters.AddWithValue(dataSource);
        var loadSpecs = new List<JsonElement>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) loadSpecs.Add(JsonSerializer.Deserialize(reader.GetFieldValue<byte[]>(0), ContractsJson.Default.DataSegment)!.LoadSpec!.Value);
        return loadSpecs;
    }

    /// <summary>The folders of the used segments of a dataSource, where deep storage is a folder.</summary>
    public static async Task<IReadOnlyList<string>> SegmentPathsAsync(NpgsqlDataSource database, string dataSource) =>
        [.. (await LoadSpecsAsync(database, dataSource)).Select(s => s.GetProperty("path").GetString()!)];
}
