using Ingestion.Overlord.Metadata;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>One supervisor's step protocol: step, commit the records, adopt the state, dispatch the effects, release the reply. A commit that
/// fails voids the step, and the next notice begins from what the database holds. Production and simulation drive this same loop; only
/// <see cref="ISupervisorShell"/> differs.</summary>
public sealed class SupervisorLoop(string supervisorId, ISupervisorShell shell)
{
    private SupervisorState? state;
    private SupervisorState? lastAdopted; // survives a void step: round numbers and attempts go on from there, so that a late answer meets no round of the same number

    private bool hasBegun, hasMovedOffsets;

    /// <summary>The state as of the last completed step; null before the first load and after a void one. Safe to read from any thread.</summary>
    public SupervisorState? State => Volatile.Read(ref state);

    /// <summary>Terminated without having been loaded: nothing of it is left to do here.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Whether the notice says anything that is not in <see cref="State"/>. If not it need not be handed over.</summary>
    public bool IsNews(Notice notice) => State is not { } known || SupervisorMachine.IsNews(known, notice);

    /// <summary>Takes one notice. Not to be called again before it has returned. The very first may be <see cref="Notice.Acquired"/>, by whoever has read the
    /// database for many supervisors at once; otherwise the loop reads it.</summary>
    /// <param name="by">Who asked for it, for the audit; null: nobody did.</param>
    /// <returns>Null where the notice has no answer, and where the database has no such supervisor.</returns>
    /// <exception cref="Exception">The load or the commit failed, or the core found a bug (<see cref="InvariantViolation"/>): the step is void, the state is discarded.</exception>
    public async Task<Reply?> HandleAsync(Notice notice, CancellationToken cancellation, AuditContext? by = null)
    {
        if (!IsNews(notice)) return null;
        try
        {
            if (state is null)
            {
                var isFirst = !hasBegun;
                hasBegun = true;
                if (((isFirst ? notice as Notice.Acquired : null) ?? await shell.LoadAsync(supervisorId, cancellation)) is not { } acquired) return null;
                Transition first;
                try { first = SupervisorMachine.Step(lastAdopted ?? SupervisorState.Initial(supervisorId), acquired, shell.Now); }
                catch (Exception) when (notice is Notice.SpecReplaced or Notice.TerminateRequested) { return await RescueAsync(notice, acquired, by, cancellation); }
                await CompleteAsync(first, by: null, cancellation);
            }
            if (notice is Notice.Acquired) return null; // taken above, or older than what was loaded before it
            if (notice is Notice.OffsetsCommitted && hasMovedOffsets) notice = await ReadAgainAsync(cancellation);
            return await CompleteAsync(SupervisorMachine.Step(state!, notice, shell.Now), by, cancellation);
        }
        catch
        {
            Volatile.Write(ref state, null);
            throw;
        }
    }

    private async Task<Reply?> CompleteAsync(Transition transition, AuditContext? by, CancellationToken cancellation)
    {
        hasMovedOffsets |= transition.Records.Any(r => r is Record.DeleteOffsets or Record.MoveOffsets);
        lastAdopted = (lastAdopted ?? SupervisorState.Initial(supervisorId)).WithNumbersOf(transition.State); // what gets no answer may have been committed
        if (!transition.Records.IsEmpty) await shell.CommitAsync(supervisorId, transition.Records, by, cancellation);
        lastAdopted = transition.State;
        Volatile.Write(ref state, transition.State);
        if (!transition.Effects.IsEmpty) shell.Dispatch(supervisorId, transition.Effects);
        return transition.Reply;
    }

    /// <summary>A notice of what was committed before a reset may still come after it, and would bring the old offsets back. Once there was a reset, it
    /// is only the occasion to read what is committed now; nobody but this loop resets.</summary>
    private async Task<Notice> ReadAgainAsync(CancellationToken cancellation) =>
        await shell.LoadAsync(supervisorId, cancellation) is { Committed: { } committed } ? new Notice.OffsetsCommitted(committed) : new Notice.Tick();

    /// <summary>A supervisor whose stored spec the core cannot take up must still be mendable: the operator's new spec or end is recorded without it.</summary>
    private async Task<Reply> RescueAsync(Notice notice, Notice.Acquired acquired, AuditContext? by, CancellationToken cancellation)
    {
        Record record = notice is Notice.SpecReplaced replaced ? new Record.AppendSpec(replaced.Spec.MergedWith(acquired.Terminated ? null : acquired.Spec)) : new Record.AppendTombstone(supervisorId, acquired.Spec.DataSource);
        await shell.CommitAsync(supervisorId, [record], by, cancellation);
        IsAbandoned = record is Record.AppendTombstone;
        return new Reply.Accepted(record is Record.AppendSpec { Spec: var spec } ? spec : acquired.Spec);
    }
}
