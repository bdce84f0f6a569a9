using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>Keeps replicas close, where the spec's maxReplicaOffsetSkew asks for it: one that is too far ahead of a twin waits. Waiting is a lease, renewed while it lasts, so a leader that
/// dies holds nobody back. Of two replicas that are ahead of each other on different partitions only the one that has read more waits: the slowest always reads.</summary>
internal static class ReplicaSkew
{
    public static void Run(Draft draft)
    {
        if (draft.Spec.TuningConfig.MaxReplicaOffsetSkew is not { } most) return;
        foreach (var group in draft.State.Reading.Values.Where(g => g.Replicas.Count > 1).ToList())
        {
            var mayHold = group is { Round: null, WantsRound: false };
            foreach (var replica in group.Replicas.Values)
            {
                if (mayHold && IsTooFarAhead(group, replica, most, draft.Now))
                {
                    if (replica.HeldUntil - draft.Now <= Patience.Hold / 2) Hold(draft, replica.Id, Patience.Hold);
                }
                else if (replica.HeldUntil > draft.Now) Hold(draft, replica.Id, TimeSpan.Zero);
            }
        }
    }

    private static bool IsTooFarAhead(TaskGroup group, Replica replica, long most, DateTimeOffset now) =>
        replica.IsReading && group.Replicas.Values.Any(twin => twin.IsReading && now - twin.MovedAt < Patience.Twin && replica.AheadOf(twin) > most && Total(replica) > Total(twin));

    private static long Total(Replica replica) => replica.CurrentOffsets.Sum(e => e.Value);

    private static void Hold(Draft draft, string taskId, TimeSpan lease)
    {
        var group = draft.GroupOf(taskId)!;
        draft.Put(group.With(group.Replicas[taskId] with { HeldUntil = lease > TimeSpan.Zero ? draft.Now + lease : default }));
        draft.Effects.Add(new Effect.HoldTask(taskId, lease));
    }
}
