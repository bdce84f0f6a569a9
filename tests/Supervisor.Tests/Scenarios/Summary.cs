using System.Globalization;
using System.Text;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Status;

namespace Ingestion.Supervisor.Tests.Scenarios;

/// <summary>Transitions and states as lines of text.</summary>
internal static class Summary
{
    public static void Transition(Transition transition, TaskNames names, StringBuilder output)
    {
        foreach (var record in transition.Records) output.Append("record ").Append(names.In(Line(record, names))).Append('\n');
        foreach (var effect in transition.Effects) output.Append("effect ").Append(names.In(Line(effect, names))).Append('\n');
        if (transition.Reply is { } reply) output.Append("reply ").Append(reply switch
        {
            Reply.Accepted => "accepted",
            Reply.Refused refused => "refused: " + refused.Message.Split('\n')[0],
            Reply.Checkpoint checkpoint => checkpoint.Granted ? "granted" : "not granted",
            _ => reply.ToString(),
        }).Append('\n');
    }

    public static void Groups(SupervisorState state, TaskNames names, DateTimeOffset begin, StringBuilder output)
    {
        output.Append(SupervisorStatus.DetailedState(state)).Append(" committed ").Append(state.Committed);
        output.Append(" wake ").Append(state.WakeAt == DateTimeOffset.MaxValue ? "never" : "at +" + (state.WakeAt - begin).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s");
        output.Append(state.IsDone ? " done\n" : "\n");
        if (ScalerStatus.Of(state) is { } scaler) output.Append(CultureInfo.InvariantCulture, $"  scaler: taskCount {scaler.TaskCount}. {scaler.Now}\n");
        foreach (var adoptee in state.Adoptees.Values) output.Append("  adopting ").Append(names.Name(adoptee.Payload.Id)).Append(' ').Append(adoptee.Report?.Phase.ToString() ?? "unreported").Append('\n');
        foreach (var group in state.Groups) output.Append("  ").Append(names.In(Line(group, names))).Append('\n');
        foreach (var error in state.Health.Errors) output.Append("  error ").Append(names.In(error.Message)).Append('\n');
    }

    private static string Line(Record record, TaskNames names) => record switch
    {
        Record.InsertTask insert => $"insert {names.Name(insert.Payload.Id)} group {insert.Payload.IoConfig.TaskGroupId} from {insert.Payload.IoConfig.StartSequenceNumbers.Offsets} sequences {insert.Payload.StartCheckpoints()}",
        Record.FinishTask { Status: var status } => $"finish {names.Name(status.Id)} {status.Outcome}{((status.ErrorMsg ?? status.StopReason) is { } why ? ": " + why : "")}",
        Record.AppendSpec append => $"append spec{(append.Spec.Suspended ? " suspended" : "")}{(append.Spec.IoConfig.AutoScaler is null ? "" : $" taskCount={append.Spec.IoConfig.TaskCount}")}",
        Record.AppendTombstone => "append tombstone",
        Record.DeleteOffsets => "delete offsets",
        Record.MoveOffsets move => $"move offsets to {move.Offsets}{(move.Expected is { } from ? $" from {from}" : "")}",
        _ => record.ToString()!,
    };

    private static string Line(Effect effect, TaskNames names) => effect switch
    {
        Effect.ObserveStream observe => $"observe {observe.Stream.Name}",
        Effect.StartTask start => $"start {names.Name(start.Payload.Id)}",
        Effect.StopTask stop => $"stop {names.Name(stop.TaskId)}: {stop.Reason}",
        Effect.PauseTask pause => $"pause {names.Name(pause.TaskId)} round {pause.Round}",
        Effect.ResumeTask resume => $"resume {names.Name(resume.TaskId)}",
        Effect.HoldTask hold => hold.Lease > TimeSpan.Zero ? $"hold {names.Name(hold.TaskId)} for {hold.Lease.TotalSeconds} s" : $"let {names.Name(hold.TaskId)} read on",
        Effect.SetEndOffsets set => $"{(set.Finish ? "end" : "checkpoint")} {names.Name(set.TaskId)} round {set.Round} at {set.Offsets}{(set.StaysPaused ? " and stays paused" : "")}",
        _ => effect.ToString()!,
    };

    private static string Line(TaskGroup group, TaskNames names)
    {
        var line = new StringBuilder(group.IsPublishing ? $"publishing {group.Id}: {group.UnpublishedStart} to {group.End}" : $"reading {group.Id}: from {group.UnpublishedStart}");
        if (group.Checkpoints.Count > 1) line.Append(CultureInfo.InvariantCulture, $" sequences {group.Checkpoints}");
        foreach (var replica in group.Replicas.Values)
            line.Append(CultureInfo.InvariantCulture, $", {names.Name(replica.Id)} {replica.Report?.Phase.ToString() ?? replica.NotPlaced ?? "unreported"}{(replica.Report is { Phase: not TaskPhase.NotStarted } ? " " + replica.CurrentOffsets : "")}");
        if (group.Round is { } round) line.Append(CultureInfo.InvariantCulture, $"; round {round.Number} {string.Join(" ", round.Answers.Select(a => names.Name(a.Key) + "=" + a.Value.Stage))}");
        if (group is { EndReason: { } reason, IsPublishing: false }) line.Append(CultureInfo.InvariantCulture, $"; ends: {reason}");
        if (group.SucceededAt is not null) line.Append("; succeeded");
        return line.ToString();
    }
}
