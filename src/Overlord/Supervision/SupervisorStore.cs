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
    public async Task<IReadOnlyList<IndexTaskPayload>> ActiveTasksAsync(CancellationToken cancellation) => [.. (await tasks.ActiveTasksAsync(cancellation)).Select(t => t.Payload)];

    public Task CommitAsync(long epoch, ImmutableArray<Record> records, CancellationToken cancellation) => committer.CommitAsync(epoch, records, stop: cancellation);

    public Task<KafkaDataSourceMetadata?> CommittedAsync(string supervisorId, CancellationToken cancellation) => offsets.FindAsync(supervisorId, cancellation);

    /// <summary>The newest spec of every supervisor that is not terminated, and the last real one of those terminated that are still named.</summary>
    /// <param name="stillNeeded">Supervisors with active tasks.</param>
    public async Task<IReadOnlyList<(SupervisorSpec Spec, bool Terminated)>> NewestSpecsAsync(ImmutableSortedSet<string> stillNeeded, CancellationToken cancellation)
    {
        var found = new List<(SupervisorSpec, bool)>();
        foreach (var row in await specs.NewestSpecsAsync(cancellation))
        {
            if (!row.IsTombstone) { if (Read(row) is { } spec) found.Add((spec, false)); }
            else if (stillNeeded.Contains(row.SpecId) && await LastRealAsync(row.SpecId, cancellation) is { } last) found.Add((last, true));
        }
        return found;
    }

    public async Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation)
    {
        var history = await specs.HistoryAsync(supervisorId, cancellation);
        if (history.Count == 0) return null;
        var terminated = history[0].IsTombstone;
        var spec = terminated ? await LastRealAsync(supervisorId, cancellation) : Read(history[0]);
        if (spec is null) return null;
        var active = (await ActiveTasksAsync(cancellation)).Where(t => t.Supervisor == supervisorId);
        return new Notice.Acquired(spec, await offsets.FindAsync(supervisorId, cancellation), [.. active], terminated);
    }

    private async Task<SupervisorSpec?> LastRealAsync(string supervisorId, CancellationToken cancellation)
    {
        foreach (var row in await specs.HistoryAsync(supervisorId, cancellation))
            if (!row.IsTombstone && Read(row) is { } spec) return spec;
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
