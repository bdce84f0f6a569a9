using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor;
using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>Carries out what a step recorded of committed offsets, in the transaction that ends the tasks which worked on them.</summary>
internal sealed class OffsetRecords(MetadataTables tables)
{
    /// <summary>The row may appear between two looks at it, once: nobody deletes it meanwhile but the one leader that this is.</summary>
    private const int Looks = 2;

    /// <summary>Does nothing for a record of another kind.</summary>
    /// <exception cref="OffsetsMovedException">Other offsets are committed than the record expects.</exception>
    /// <exception cref="JsonException">The row cannot be read.</exception>
    public async Task ApplyAsync(NpgsqlConnection connection, Record record, DateTimeOffset now)
    {
        if (record is Record.DeleteOffsets delete) await connection.ExecuteAsync($"DELETE FROM {tables.DataSource} WHERE datasource = @SupervisorId", new { delete.SupervisorId });
        if (record is not Record.MoveOffsets move) return;
        for (var look = 1; !await MoveAsync(connection, move, now); look++)
            if (look == Looks) throw new OffsetsMovedException($"The committed offsets of supervisor[{move.SupervisorId}] changed while they were moved");
    }

    /// <returns>False when the row has appeared meanwhile.</returns>
    private async Task<bool> MoveAsync(NpgsqlConnection connection, Record.MoveOffsets move, DateTimeOffset now)
    {
        var stored = await connection.QuerySingleOrDefaultAsync<byte[]>($"SELECT commit_metadata_payload FROM {tables.DataSource} WHERE datasource = @SupervisorId FOR UPDATE", new { move.SupervisorId });
        var before = stored is null ? null : JsonSerializer.Deserialize(stored, ContractsJson.Default.KafkaDataSourceMetadata);
        // Offsets of another stream say nothing of this one.
        var committed = before?.Stream == move.Stream ? before.Offsets : PartitionOffsets.Empty;
        if (move.Expected is { } expected && committed.Only(expected.Partitions) != expected)
            throw new OffsetsMovedException($"Supervisor[{move.SupervisorId}] would move its offsets from [{expected}] to [{move.Offsets}], but [{committed}] is committed");
        var payload = JsonSerializer.SerializeToUtf8Bytes(KafkaDataSourceMetadata.EndOf(move.Stream, committed.Plus(move.Offsets)), ContractsJson.Default.KafkaDataSourceMetadata);
        return await connection.ExecuteAsync(stored is null
            ? $"""
               INSERT INTO {tables.DataSource} (datasource, created_date, commit_metadata_payload, commit_metadata_sha1)
               VALUES (@supervisorId, @createdDate, @payload, @sha1) ON CONFLICT (datasource) DO NOTHING
               """
            : $"UPDATE {tables.DataSource} SET commit_metadata_payload = @payload, commit_metadata_sha1 = @sha1 WHERE datasource = @supervisorId",
            new { supervisorId = move.SupervisorId, createdDate = IsoTime.Write(now), payload, sha1 = StoredJson.Sha1(payload) }) == 1;
    }
}
