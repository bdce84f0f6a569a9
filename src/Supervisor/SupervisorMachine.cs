using Ingestion.Supervisor.Observing;
using Ingestion.Supervisor.Planning;

namespace Ingestion.Supervisor;

/// <summary>The supervisor as a function. A step first takes the notice down as an observation, then compares what should be with what is and
/// plans the difference. The plan never depends on which notice came, so a lost one only delays, and a lost effect is planned again. It
/// decides and does nothing: see <see cref="Transition"/> for what the shell owes it.</summary>
public static class SupervisorMachine
{
    /// <exception cref="InvariantViolation">A bug; never because of anything that the world does.</exception>
    public static Transition Step(SupervisorState state, Notice notice, DateTimeOffset now)
    {
        var draft = new Draft(state, now);
        Observation.Apply(draft, notice);
        if (Repetition.IsAll(state, notice, draft)) return new Transition(draft.State, [], [], draft.Reply);
        if (draft.State.Spec is not null) Reconcile.Run(draft);
        Invariants.Check(state, draft.State, notice, draft.Records);
        return new Transition(draft.State, [.. draft.Records], [.. draft.Effects], draft.Reply);
    }

    /// <summary>False: the notice says again what the state holds, so its step would change nothing, and need not be taken.</summary>
    public static bool IsNews(SupervisorState state, Notice notice) => notice is not Notice.TaskObserved observed || !TaskObservation.IsKnown(state, observed);
}
