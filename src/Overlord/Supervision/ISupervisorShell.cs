using System.Collections.Immutable;
using Ingestion.Overlord.Metadata;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>What a <see cref="SupervisorLoop"/> needs of the world: production and simulation each have one.</summary>
public interface ISupervisorShell
{
    DateTimeOffset Now { get; }

    /// <summary>What the database holds of the supervisor; null where there is no spec.</summary>
    Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation);

    /// <summary>Commits the records in one transaction that checks the leader's epoch.</summary>
    Task CommitAsync(string supervisorId, ImmutableArray<Record> records, CancellationToken cancellation);

    /// <summary>The same, for a request.</summary>
    /// <param name="by">Who made it, for the audit; null: nobody did.</param>
    Task CommitAsync(string supervisorId, ImmutableArray<Record> records, AuditContext? by, CancellationToken cancellation) => CommitAsync(supervisorId, records, cancellation);

    /// <summary>Starts the effects and returns; their outcomes come back as notices.</summary>
    void Dispatch(string supervisorId, ImmutableArray<Effect> effects);
}
