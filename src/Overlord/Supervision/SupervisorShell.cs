using System.Collections.Immutable;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>The production world of a supervisor, for one term of leadership.</summary>
internal sealed class SupervisorShell(SupervisorStore store, long epoch, TaskRunner tasks, EffectExecutor effects, Action<string, Notice> post, TimeProvider time) : ISupervisorShell
{
    public DateTimeOffset Now => time.GetUtcNow();

    public async Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation)
    {
        var acquired = await store.LoadAsync(supervisorId, cancellation);
        tasks.Align(supervisorId, acquired?.ActiveTasks ?? []);
        return acquired;
    }

    public Task CommitAsync(string supervisorId, ImmutableArray<Record> records, CancellationToken cancellation) => CommitAsync(supervisorId, records, by: null, cancellation);

    public async Task CommitAsync(string supervisorId, ImmutableArray<Record> records, AuditContext? by, CancellationToken cancellation)
    {
        await store.CommitAsync(epoch, [.. records.Select(Located)], by, cancellation);
        var finished = records.OfType<Record.FinishTask>().ToList();
        foreach (var task in finished) tasks.Finish(task.Status.Id);
        // A publish that was under way has committed or is refused by now: what it left is final, even if its own message was lost.
        if (finished.Count > 0 && await store.CommittedAsync(supervisorId, cancellation) is { } committed) post(supervisorId, new Notice.OffsetsCommitted(committed));
    }

    /// <summary>A task's end is told with where it ran, which nobody knows later.</summary>
    private Record Located(Record record) => record is Record.FinishTask finish && tasks.Find(finish.Status.Id) is { } task ? finish with { Status = finish.Status with { Location = task.Location } } : record;

    public void Dispatch(string supervisorId, ImmutableArray<Effect> toDo) => effects.Dispatch(supervisorId, toDo);
}
