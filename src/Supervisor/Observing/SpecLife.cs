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
    /// One without <c>taskCount</c> keeps the stored one's.</summary>
    public static void Replace(Draft draft, Notice.SpecReplaced replaced)
    {
        var (stream, isTerminated) = (draft.Spec.IoConfig.Stream, draft.State.IsTerminated);
        var spec = replaced.Spec.StatesTaskCount || isTerminated ? replaced.Spec : replaced.Spec.WithTaskCount(draft.Spec.IoConfig.TaskCount);
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
        var isModified = spec.Json != draft.Spec.Json || isTerminated;
        if (isModified) Append(draft, spec);
        else draft.Reply = new Reply.Accepted(spec);
        if (!isModified && replaced.SkipIfUnmodified) return;
        draft.State = draft.State with { IsTerminated = false, Spec = spec };
        foreach (var group in draft.State.Reading.Values.Where(g => g.EndReason is null)) draft.Put(group with { EndReason = "the spec was replaced" });
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
