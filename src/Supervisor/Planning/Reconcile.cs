using Ingestion.Supervisor.Autoscaling;

namespace Ingestion.Supervisor.Planning;

/// <summary>From what is to what should be. The order matters: tasks find their groups, what is committed is settled, what can never be
/// committed goes, groups that should end do, and what then is missing is made.</summary>
internal static class Reconcile
{
    /// <summary>A bound on what settles in two or three passes.</summary>
    private const int PassesMost = 8;

    public static void Run(Draft draft)
    {
        Adoption.Place(draft);
        Autoscaler.Run(draft);
        for (var pass = 0; pass < PassesMost; pass++)
        {
            var before = draft.State;
            Publication.Settle(draft);
            Continuity.Enforce(draft);
            Rollover.Plan(draft);
            Rounds.Run(draft);
            if (draft.State == before) break;
        }
        Autoscaler.NoteWhatIsDone(draft);
        Creation.Run(draft);
        ReplicaSkew.Run(draft);
        Availability.Report(draft);
        StreamQuestions.Ask(draft);
        if (draft.IsRun) draft.State = draft.State with { Health = draft.State.Health.RunFinished() };
        draft.State = draft.State with { WakeAt = Waking.Next(draft) };
    }
}
