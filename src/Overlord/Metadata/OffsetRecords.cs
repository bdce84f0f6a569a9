using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor;
using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>Carries out what a step recorded of committed offsets, in the transaction that ends the tasks which worked on them.</summary>
internal sealed class OffsetRecords(MetadataTables tables)
{
    /// <summary>The row may appear between two looks at it, once: nobody deletes it meanwhile but the one leader that this is.</summary>
    private const int Looks = 2;

    private readonly CommittedOffsetsRow row = new(tables);

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
        var stored = await row.LockAsync(connection, move.SupervisorId);
        var stream = SourceStream.Of(move.Stream, move.Offsets);
        var committed = stored is null ? PartitionOffsets.Empty : stream.OffsetsOf(stored.Metadata);
        if (move.Expected is { } expected && committed.Only(expected.Partitions) != expected)
            throw new OffsetsMovedException($"Supervisor[{move.SupervisorId}] would move its offsets from [{expected}] to [{move.Offsets}], but [{committed}] is committed");
        return await row.SwapAsync(connection, move.SupervisorId, stored, stream.Plus(stored?.Metadata, move.Offsets), now);
    }
}
