using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Planning;

/// <summary>A step in the making: the state as it changes, and what the step leads to. Lives for one step.</summary>
internal sealed class Draft(SupervisorState state, DateTimeOffset now)
{
    public SupervisorState State { get; set; } = state;
    public DateTimeOffset Now { get; } = now;
    public List<Record> Records { get; } = [];
    public List<Effect> Effects { get; } = [];
    public Reply? Reply { get; set; }

    /// <summary>The step ends a run (an observation of the stream): planning errors are recorded, once a run.</summary>
    public bool IsRun { get; set; }

    public SupervisorSpec Spec => State.Spec ?? throw new InvalidOperationException("the supervisor was not acquired");

    public TaskGroup? Find(int key)
    {
        if (AmongPublishing(key) is >= 0 and var at) return State.Publishing[at];
        foreach (var group in State.Reading.Values)
            if (group.Key == key) return group;
        return null;
    }

    public TaskGroup? GroupOf(string taskId) => State.GroupOf(taskId);
    public TaskGroup? GroupOfRound(int number) => State.Groups.FirstOrDefault(g => g.Round?.Number == number);

    /// <summary>Stores the group; one whose end has just been decided moves from reading to publishing.</summary>
    public void Put(TaskGroup group)
    {
        var at = AmongPublishing(group.Key);
        if (!group.IsPublishing) SetReading(State.Reading.With(group.Id, group));
        else if (at >= 0) State = State with { Publishing = State.Publishing.WithAt(at, group) };
        else State = State with { Publishing = State.Publishing.WithInserted(PlaceAmongPublishing(group), group), Reading = IsStoredAsReading(group) ? State.Reading.Without(group.Id) : State.Reading };
    }

    public void Drop(TaskGroup group)
    {
        var at = AmongPublishing(group.Key);
        if (at >= 0) State = State with { Publishing = State.Publishing.WithoutAt(at) };
        else if (IsStoredAsReading(group)) State = State with { Reading = State.Reading.Without(group.Id) };
    }

    public int NewGroupKey()
    {
        State = State with { LastGroupKey = State.LastGroupKey + 1 };
        return State.LastGroupKey;
    }

    /// <summary>Ends a replica that still runs, for the reason given. From the record on it cannot publish. The outcome is failed where it went wrong,
    /// success where it is not needed any more.</summary>
    /// <returns>The group without it, stored.</returns>
    public TaskGroup Stop(TaskGroup group, Replica replica, string reason, TaskOutcome outcome = TaskOutcome.Failed)
    {
        Effects.Add(new Effect.StopTask(replica.Id, reason));
        return Finish(group, replica, outcome, outcome == TaskOutcome.Success ? StoppedBySupervisor(reason) : reason);
    }

    /// <summary>Ends a replica that does not do what a task must: a failure like any other, that operators see and that makes the next attempt wait.</summary>
    /// <returns>The group without it, stored.</returns>
    public TaskGroup StopAsFailed(TaskGroup group, Replica replica, string reason)
    {
        Failed(group.Id, $"Task [{replica.Id}] was stopped: {reason}");
        return Stop(group, replica, reason);
    }

    /// <summary>A task of the group has failed.</summary>
    public void Failed(int groupId, string message)
    {
        Error("TaskFailed", message);
        BackOff(groupId);
        State = State with { Health = State.Health.TaskFinished(isGood: false) };
    }

    /// <summary>Records the end of a replica.</summary>
    /// <param name="reason">The error of one that failed; who stopped the other and why, null if it ended by itself.</param>
    /// <returns>The group without it, stored.</returns>
    public TaskGroup Finish(TaskGroup group, Replica replica, TaskOutcome outcome, string? reason)
    {
        FinishTask(replica.Id, replica.Report, replica.Location, outcome, reason);
        var left = group with { Replicas = group.Replicas.Without(replica.Id), Round = group.Round is { } round ? round with { Answers = round.Answers.Without(replica.Id) } : null };
        Put(left);
        return left;
    }

    public void StopAll(TaskGroup group, string reason, TaskOutcome outcome = TaskOutcome.Failed)
    {
        foreach (var replica in group.Replicas.Values) group = Stop(group, replica, reason, outcome);
    }

    public void FinishTask(string taskId, TaskReport? report, TaskLocation location, TaskOutcome outcome, string? reason)
    {
        var duration = report is { Duration: >= 0 } ? report.Duration : report?.StartTime is { } start ? Math.Max(0, (long)(Now - start).TotalMilliseconds) : 0;
        Records.Add(new Record.FinishTask(outcome == TaskOutcome.Success ? IndexTaskStatus.Success(taskId, duration, location, reason)
            : IndexTaskStatus.Failed(taskId, duration, location, reason ?? "The task failed without a message")));
    }

    public string StoppedBySupervisor(string reason) => $"stopped by supervisor [{State.SupervisorId}]: {reason}";

    public void Error(string errorClass, string message, bool isStream = false) =>
        State = State with { Health = State.Health.WithError(Now, errorClass, message, isStream) };

    /// <summary>One more failure of the group's tasks: the next attempt waits longer.</summary>
    public void BackOff(int groupId)
    {
        var failures = State.Backoffs.TryGet(groupId, out var backoff) ? backoff.Failures + 1 : 1;
        State = State with { Backoffs = State.Backoffs.With(groupId, new Backoff(failures, Now + Patience.Replacement(failures))) };
    }

    /// <summary>Behind those before it. A group that begins to publish is the last of its partitions, but those of an earlier leader are found in any order.</summary>
    private int PlaceAmongPublishing(TaskGroup group)
    {
        var after = State.Publishing.ToList().FindIndex(other => group.Start.Any(e => other.Start.TryGet(e.Key, out var start) && start >= group.End![e.Key] && other.End![e.Key] > e.Value));
        return after < 0 ? State.Publishing.Count : after;
    }

    private void SetReading(ValueMap<int, TaskGroup> reading)
    {
        if (!ReferenceEquals(reading, State.Reading)) State = State with { Reading = reading };
    }

    /// <returns>-1: it is not there.</returns>
    private int AmongPublishing(int key)
    {
        for (var at = State.Publishing.Count - 1; at >= 0; at--)
            if (State.Publishing[at].Key == key) return at;
        return -1;
    }

    private bool IsStoredAsReading(TaskGroup group) => State.Reading.TryGet(group.Id, out var stored) && stored.Key == group.Key;
}
