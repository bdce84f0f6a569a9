using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Metadata;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>What supervisors keep in the database, put together from its tables.</summary>
internal sealed partial class SupervisorStore(SpecStore specs, TaskStore tasks, CommittedOffsetsStore offsets, RecordCommitter committer, ILogger<SupervisorStore> logger)
{
    private const int TombstonesInARow = 100;

    public async Task<IReadOnlyList<IndexTaskPayload>> ActiveTasksAsync(CancellationToken cancellation) => [.. (await tasks.ActiveTasksAsync(cancellation)).Select(t => t.Payload)];

    public Task CommitAsync(long epoch, ImmutableArray<Record> records, AuditContext? by, CancellationToken cancellation) => committer.CommitAsync(epoch, records, by, cancellation);

    public Task<KafkaDataSourceMetadata?> CommittedAsync(string supervisorId, CancellationToken cancellation) => offsets.FindAsync(supervisorId, cancellation);

    /// <summary>Of all supervisors; null where the row cannot be read.</summary>
    public Task<IReadOnlyDictionary<string, KafkaDataSourceMetadata?>> AllCommittedAsync(CancellationToken cancellation) => offsets.AllAsync(cancellation);

    /// <summary>The newest spec of every supervisor that is not terminated, and the last real one of those terminated that are still named.</summary>
    /// <param name="stillNeeded">Supervisors with active tasks.</param>
    public async Task<IReadOnlyList<(SupervisorSpec Spec, bool Terminated)>> NewestSpecsAsync(ImmutableSortedSet<string> stillNeeded, CancellationToken cancellation)
    {
        var found = new List<(SupervisorSpec, bool)>();
        foreach (var row in await specs.NewestSpecsAsync(cancellation))
        {
            if (!row.IsTombstone) { if (Read(row) is { } spec) found.Add((spec, false)); }
            else if (stillNeeded.Contains(row.SpecId) && await LastRealAsync(row, cancellation) is { } last) found.Add((last, true));
        }
        return found;
    }

    public async Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation)
    {
        if (await specs.NewestSpecAsync(supervisorId, stop: cancellation) is not { } newest) return null;
        var spec = newest.IsTombstone ? await LastRealAsync(newest, cancellation) : Read(newest);
        if (spec is null) return null;
        var active = await tasks.ActiveTasksAsync(supervisorId, spec.DataSource, cancellation);
        return new Notice.Acquired(spec, await offsets.FindAsync(supervisorId, cancellation), [.. active.Select(t => t.Payload)], newest.IsTombstone);
    }

    /// <summary>What was terminated. Tombstones can follow each other, and a spec need not be one of ours; no more is skipped than a few.</summary>
    private async Task<SupervisorSpec?> LastRealAsync(StoredSpec tombstone, CancellationToken cancellation)
    {
        var row = tombstone;
        for (var tries = 0; tries < TombstonesInARow && await specs.NewestSpecAsync(row.SpecId, row.RowId, cancellation) is { } older; tries++)
        {
            if (!older.IsTombstone && Read(older) is { } spec) return spec;
            row = older;
        }
        return null;
    }

    private SupervisorSpec? Read(StoredSpec row)
    {
        var reading = row.Read();
        if (reading.Spec is null) LogUnreadable(row.SpecId, string.Join("; ", reading.Problems));
        return reading.Spec;
    }

    [LoggerMessage(180, LogLevel.Warning, "A spec of supervisor [{Id}] cannot be run and is skipped: {Problems}")]
    private partial void LogUnreadable(string id, string problems);
}
