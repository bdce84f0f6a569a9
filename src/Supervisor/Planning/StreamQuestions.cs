namespace Ingestion.Supervisor.Planning;

/// <summary>Asks for the stream's offsets when it is time, and again when no answer came. Suspended supervisors ask too: their lag is of interest.</summary>
internal static class StreamQuestions
{
    public static void Ask(Draft draft)
    {
        var view = draft.State.Stream;
        if (draft.Now < view.NextAskAt || draft.State.IsDone) return;
        draft.Effects.Add(new Effect.ObserveStream(draft.Spec.IoConfig.Stream, draft.Spec.IoConfig.ConsumerProperties, MaxAge(draft.State)) { Ask = view.LastAsk + 1 });
        draft.State = draft.State with { Stream = view with { LastAsk = view.LastAsk + 1, NextAskAt = draft.Now + Patience.StreamAnswer } };
    }

    /// <summary>What another supervisor was told a moment ago will do, once there was an answer that is newer than the offsets which it is compared with: shared answers
    /// never go back behind one that was had.</summary>
    private static TimeSpan MaxAge(SupervisorState state) => state.Stream.AnsweredAsk > Math.Max(state.CommittedSinceAsk, state.ResetSinceAsk) ? Patience.StreamAge : TimeSpan.Zero;
}
