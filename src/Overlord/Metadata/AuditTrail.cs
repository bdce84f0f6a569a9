using Ingestion.Overlord.Leadership;

namespace Ingestion.Overlord.Metadata;

/// <summary>Audit rows of changes that leave no records of their own to go with in one transaction: a task is stopped, a group is ended early, a leader resigns. Written when the change is accepted.</summary>
internal sealed class AuditTrail(MetadataStorage storage, FencedTransactions transactions, TimeProvider time)
{
    public const string OfTask = "task", OfSupervisor = "supervisor", OfWorker = "worker", OfLeadership = "leadership";
    private readonly AuditLog audit = new(storage.Tables);

    /// <param name="type">Of what was changed.</param>
    /// <param name="key">Which one.</param>
    /// <param name="change">In words.</param>
    public Task WriteAsync(long epoch, string type, string key, string change, AuditContext by, CancellationToken stop) =>
        transactions.RunAsync(epoch, connection => audit.WriteAsync(connection, type, key, change, by, time.GetUtcNow()), stop);
}
