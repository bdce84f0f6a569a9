using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>One supervisor's step protocol: step, commit the records, adopt the state, dispatch the effects, release the reply. A commit that
/// fails voids the step, and the next notice begins from what the database holds. Production and simulation drive this same loop; only
/// <see cref="ISupervisorShell"/> differs.</summary>
public sealed class SupervisorLoop(string supervisorId, ISupervisorShell shell)
{
    private SupervisorState? state;

    /// <summary>The state as of the last completed step; null before the first load and after a void one. Safe to read from any thread.</summary>
    public SupervisorState? State => Volatile.Read(ref state);

    /// <summary>Takes one notice. Not to be called again before it has returned.</summary>
    /// <exception cref="Exception">The load or the commit failed, or the core found a bug (<see cref="InvariantViolation"/>): the step is void, the state is discarded.</exception>
    public async Task<Reply?> HandleAsync(Notice notice, CancellationToken cancellation)
    {
        try
        {
            if (state is null)
            {
                if (await shell.LoadAsync(supervisorId, cancellation) is not { } acquired) return null;
                await StepAsync(SupervisorState.Initial(supervisorId), acquired, cancellation);
            }
            return await StepAsync(state!, notice, cancellation);
        }
        catch
        {
            Volatile.Write(ref state, null);
            throw;
        }
    }

    private async Task<Reply?> StepAsync(SupervisorState from, Notice notice, CancellationToken cancellation)
    {
        var transition = SupervisorMachine.Step(from, notice, shell.Now);
        if (!transition.Records.IsEmpty) await shell.CommitAsync(supervisorId, transition.Records, cancellation);
        Volatile.Write(ref state, transition.State);
        if (!transition.Effects.IsEmpty) shell.Dispatch(supervisorId, transition.Effects);
        return transition.Reply;
    }
}
