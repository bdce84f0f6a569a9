using Ingestion.Supervisor;

namespace Ingestion.Simulation.Worlds;

/// <summary>Notices and effects, short enough for a trace.</summary>
internal static class InWords
{
    public static string Of(Notice notice) => notice switch
    {
        Notice.Acquired a => $"committed {a.Committed?.Offsets} active {string.Join(" ", a.ActiveTasks.Select(t => Short(t.Id)))}{(a.Terminated ? " terminated" : "")}",
        Notice.StreamObserved s => string.Join(" ", s.Partitions.Select(p => $"{p.Key}:{p.Value.Earliest}-{p.Value.Latest}")),
        Notice.TaskObserved { Report: var r } => $"{Short(r.Id)} {r.Outcome} {r.Phase} at {r.CurrentOffsets} to {r.EndOffsets} checkpoints {r.Checkpoints} {r.ErrorMsg}",
        Notice.TaskLost l => $"{Short(l.TaskId)} {l.Reason}",
        Notice.WorkerDrains d => $"{Short(d.TaskId)} {d.NodeId}",
        Notice.TaskNotPlaced n => $"{Short(n.TaskId)} {n.Reason}",
        Notice.TaskPaused p => $"{Short(p.TaskId)} round {p.Round} at {p.Offsets}",
        Notice.PauseFailed p => $"{Short(p.TaskId)} round {p.Round} {p.Message}",
        Notice.EndOffsetsSet s => $"{Short(s.TaskId)} round {s.Round}",
        Notice.EndOffsetsRefused r => $"{Short(r.TaskId)} round {r.Round} {r.Message}",
        Notice.CheckpointRequested c => $"{Short(c.TaskId)} from {c.SequenceStart}",
        Notice.OffsetsCommitted c => $"{c.Committed.Offsets}",
        Notice.ResetRequested r => $"to {r.To}",
        Notice.OffsetsResetRequested r => $"to {r.Offsets.Offsets}",
        Notice.HandoffRequested h => string.Join(" ", h.TaskGroupIds),
        _ => "",
    };

    public static string Of(Effect effect) => effect switch
    {
        Effect.StartTask s => Short(s.Payload.Id),
        Effect.StopTask s => $"{Short(s.TaskId)} {s.Reason}",
        Effect.PauseTask p => $"{Short(p.TaskId)} round {p.Round}",
        Effect.ResumeTask r => Short(r.TaskId),
        Effect.SetEndOffsets s => $"{Short(s.TaskId)} round {s.Round} {s.Offsets}{(s.Finish ? " finish" : "")}",
        _ => "",
    };

    /// <summary>A task's own part of its id.</summary>
    private static string Short(string taskId) => taskId[(taskId.LastIndexOf('_') + 1)..];
}
