using Ingestion.Contracts.Specs;
using Ingestion.Supervisor.Planning;

namespace Ingestion.Supervisor.Observing;

/// <summary>What operators ask for: the only edges, so each is recorded before anything is done about it.</summary>
internal static class SpecLife
{
    public static void Suspend(Draft draft)
    {
        if (IsGone(draft)) return;
        if (draft.Spec.Suspended) draft.Reply = new Reply.Refused($"[{draft.State.SupervisorId}] is already suspended");
        else Append(draft, draft.Spec.WithSuspended(true));
    }

    public static void Resume(Draft draft)
    {
        if (IsGone(draft)) return;
        if (!draft.Spec.Suspended) draft.Reply = new Reply.Refused($"[{draft.State.SupervisorId}] is already running");
        else Append(draft, draft.Spec.WithSuspended(false));
    }

    public static void Terminate(Draft draft)
    {
        if (IsGone(draft)) return;
        draft.Records.Add(new Record.AppendTombstone(draft.State.SupervisorId, draft.Spec.DataSource));
        draft.State = draft.State with { IsTerminated = true };
        draft.Reply = new Reply.Accepted(draft.Spec);
    }

    /// <summary>Any posted spec, even the same, has the reading groups end early: Druid's operators restart a supervisor that way.
    /// See <see cref="SupervisorSpec.MergedWith"/> for taskCount.</summary>
    public static void Replace(Draft draft, Notice.SpecReplaced replaced)
    {
        var (stream, isTerminated) = (draft.Spec.IoConfig.Stream, draft.State.IsTerminated);
        var spec = replaced.Spec.MergedWith(isTerminated ? null : draft.Spec);
        if (spec.IoConfig.Stream != stream)
        {
            // Druid names the streams alone, which says nothing where a topic becomes a pattern of the same text.
            var (from, to) = spec.IoConfig.Stream.IsPattern == stream.IsPattern ? ($"[{stream.Name}]", $"[{spec.IoConfig.Stream.Name}]") : ($"{stream}", $"{spec.IoConfig.Stream}");
            draft.Reply = new Reply.Refused(isTerminated
                ? $"[{draft.State.SupervisorId}] was terminated and still publishes what it read from {from}: post a spec for {to} when it is gone"
                : $"Update of the input source stream from {from} to {to} is not supported for a running supervisor.\n"
                + "To perform the update safely, follow these steps:\n"
                + "(1) Suspend this supervisor, reset its offsets and then terminate it.\n"
                + "(2) Create a new supervisor with the new input source stream.\n"
                + "Note that doing the reset can cause data duplication or loss if any topic used in the old supervisor is included in the new one too.");
            return;
        }
        if (replaced.SkipIfUnmodified && !isTerminated && IsEqual(draft.Spec, spec))
        {
            draft.Reply = new Reply.Accepted(draft.Spec);
            return;
        }
        if (spec.Json != draft.Spec.Json || isTerminated) Append(draft, spec);
        else draft.Reply = new Reply.Accepted(spec);
        draft.State = draft.State with { IsTerminated = false, Spec = spec, Scaling = draft.State.Scaling.Stopped(), CommittedSinceAsk = draft.State.Stream.LastAsk }; // answers of another client may be older than what is committed
        foreach (var group in draft.State.Reading.Values.Where(g => g.EndReason is null)) draft.Put(group with { EndReason = "the spec was replaced" });
    }

    /// <summary>An auto-scaler's taskCount is its own affair: a spec that differs in nothing else is the same.</summary>
    private static bool IsEqual(SupervisorSpec stored, SupervisorSpec posted)
    {
        var isScaled = stored.IoConfig.AutoScaler is not null || posted.IoConfig.AutoScaler is not null;
        return stored.Json == (isScaled ? posted.WithTaskCount(stored.IoConfig.TaskCount) : posted).Json;
    }

    private static void Append(Draft draft, SupervisorSpec spec)
    {
        draft.Records.Add(new Record.AppendSpec(spec));
        draft.State = draft.State with { Spec = spec };
        draft.Reply = new Reply.Accepted(spec);
    }

    public static bool IsGone(Draft draft)
    {
        if (draft.State.IsTerminated) draft.Reply = new Reply.Refused($"[{draft.State.SupervisorId}] does not exist");
        return draft.State.IsTerminated;
    }
}
