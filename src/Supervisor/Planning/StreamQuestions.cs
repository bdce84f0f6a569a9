namespace Ingestion.Supervisor.Planning;

/// <summary>Asks for the stream's offsets when it is time, and again when no answer came. Suspended supervisors ask too: their lag is of interest.</summary>
internal static class StreamQuestions
{
    public static void Ask(Draft draft)
    {
        var view = draft.State.Stream;
        if (draft.Now < view.NextAskAt || draft.State.IsDone) return;
        draft.Effects.Add(new Effect.ObserveStream(draft.Spec.IoConfig.Stream, draft.Spec.IoConfig.ConsumerProperties, NotBefore(draft)));
        draft.State = draft.State with { Stream = view with { AskedAt = draft.Now, NextAskAt = draft.Now + Patience.StreamAnswer } };
    }

    /// <summary>An answer that another supervisor has had a moment ago will do, but not one from before the offsets that it is compared with.</summary>
    private static DateTimeOffset NotBefore(Draft draft)
    {
        if (!draft.State.Stream.IsSeen) return draft.Now;
        var recent = draft.Now - Patience.StreamAge;
        var moved = draft.State.CommittedAt > draft.State.ResetAt ? draft.State.CommittedAt : draft.State.ResetAt;
        return moved > recent ? moved : recent;
    }
}
