namespace Ingestion.Supervisor.Status;

/// <summary>What will hold a supervisor up if nothing changes, said before it does.</summary>
public static class Foresight
{
    /// <summary>Sentences for operators; none when all is well, or nothing is known yet.</summary>
    public static IEnumerable<string> Warnings(SupervisorState state, PlacementView placement, DateTimeOffset now)
    {
        if (placement.Alert is { } alert) yield return alert;
        if (state.Spec is not { IoConfig: var io }) yield break;
        foreach (var group in state.Publishing)
        {
            var publishingFor = now - (group.CompletionDeadline - io.CompletionTimeout);
            if (publishingFor > io.TaskDuration) yield return $"Group [{group.Id}] has been publishing up to {group.End} for {publishingFor.TotalSeconds:0} s, longer than taskDuration ({io.TaskDuration.TotalSeconds:0} s): groups pile up, each with slots of its own";
            else if (group.CompletionDeadline - now < io.CompletionTimeout / 4) yield return $"Group [{group.Id}] has {Math.Max(0, (group.CompletionDeadline - now).TotalSeconds):0} s left of completionTimeout to publish up to {group.End}; after that its records and those of later groups are read again";
        }
        if (!state.MayStartTasks || state.IsIdle || placement.Workers == 0) yield break;
        if (io.AutoScaler is { TaskCountMax: var most } && state.Stream.IsSeen)
        {
            var partitions = state.Stream.Present.Count();
            var more = (Math.Min(most, partitions) - state.Reading.Count) * Math.Min(io.Replicas, placement.Workers);
            if (most > partitions) yield return $"The auto-scaler's taskCountMax is {most}, but the topic has {partitions} partitions: no more tasks than that read it";
            if (more > placement.FreeSlots) yield return $"Scaling to taskCountMax ({most}) would need up to {more} more slots; free: {placement.FreeSlots} of {placement.Slots}. Partitions wait for slots while it does";
        }
        if (io.Replicas > placement.Workers) yield return $"Each group has {io.Replicas} replicas, which need {io.Replicas} workers; workers: {placement.Workers}";

        // A rollover starts successors while those that end still have their slots.
        var successors = Math.Min(io.StopTaskCount, Math.Min(io.TaskCount, state.Stream.Present.Count())) * Math.Min(io.Replicas, placement.Workers);
        if (state.Reading.Count > 0 && successors > placement.FreeSlots)
            yield return $"The next rollover needs up to {successors} free slots; free: {placement.FreeSlots} of {placement.Slots}. Until others are free, partitions will not be read";
    }
}
