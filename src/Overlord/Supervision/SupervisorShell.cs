using System.Collections.Immutable;
using Ingestion.Overlord.Tasks;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>The production world of a supervisor, for one term of leadership.</summary>
internal sealed class SupervisorShell(SupervisorStore store, long epoch, TaskRunner tasks, EffectExecutor effects, TimeProvider time) : ISupervisorShell
{
    public DateTimeOffset Now => time.GetUtcNow();

    public Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation) => store.LoadAsync(supervisorId, cancellation);

    public async Task CommitAsync(string supervisorId, ImmutableArray<Record> records, CancellationToken cancellation)
    {
        await store.CommitAsync(epoch, records, cancellation);
        foreach (var finished in records.OfType<Record.FinishTask>()) tasks.Finish(finished.Status.Id);
    }

    public void Dispatch(string supervisorId, ImmutableArray<Effect> toDo) => effects.Dispatch(supervisorId, toDo);
}
