using Ingestion.Simulation.Overlords;

namespace Ingestion.Simulation.Worlds;

/// <summary>What goes wrong by itself, at random times while faults last. What it breaks is mended in the end.</summary>
internal sealed class Misfortunes(World world)
{
    private static readonly Faults[] Kinds =
    [
        Faults.LeaderDies, Faults.TwoLeaders, Faults.TaskDies, Faults.WorkerDies, Faults.WorkerSilent, Faults.ClockJumps, Faults.OutOfRange, Faults.NewPartitions, Faults.Retention, Faults.TopicRemade, Faults.RetentionOvertakes, Faults.WorkerDrains,
    ];

    private const int PartitionsMost = 8;

    private Random Random => world.Random;

    public void Begin()
    {
        AnnounceAll();
        Next();
    }

    /// <summary>Everything comes back to life.</summary>
    public void End()
    {
        foreach (var worker in world.Workers) (worker.IsSilent, worker.IsDraining) = (false, false);
    }

    /// <summary>The process is gone; another leads soon, and it comes back.</summary>
    public void Kill(SimulatedOverlord overlord)
    {
        overlord.Die();
        var other = world.Overlords[1 - overlord.Number];
        world.Time.After(Random.Next(50, 15_000), () => { if (world.Leader is null) TakeOver(other.IsAlive ? other : overlord); });
        world.Time.After(Random.Next(1_000, 40_000), () =>
        {
            if (overlord.IsAlive) return;
            overlord.Boot();
            if (world.Leader is null) TakeOver(overlord);
        });
    }

    private void Next() => world.Time.After(Random.Next(1, 2 * world.Options.MisfortuneEvery), () =>
    {
        if (!world.HasFaults) return;
        var kind = Kinds[Random.Next(Kinds.Length)];
        if (world.IsFaulty(kind)) Happen(kind);
        Next();
    });

    private void Happen(Faults kind)
    {
        world.Trace.Note("misfortune", kind.ToString(), 0, $"");
        var worker = world.Workers[Random.Next(world.Workers.Count)];
        var partition = Random.Next(world.Topic.Count);
        switch (kind)
        {
            case Faults.LeaderDies when world.Leader is { } leader: Kill(leader); break;
            case Faults.TwoLeaders when world.Leader is { } leader:
                // The one before goes on, and learns of its successor when a transaction of its own is refused, or later.
                if (world.Overlords[1 - leader.Number] is { IsAlive: true } other) other.Lead();
                if (leader.Term is { } before) world.Time.After(Random.Next(60_000), () => { if (leader.Term == before && before.Epoch != world.Store.Epoch) leader.StepDown(); });
                break;
            case Faults.TaskDies when worker.Running.ToList() is { Count: > 0 } running: running[Random.Next(running.Count)].Fail("misfortune"); break;
            case Faults.WorkerDies when worker.IsAlive: KillWorker(worker); break;
            case Faults.WorkerSilent when worker.IsAlive:
                worker.IsSilent = true;
                world.Time.After(Random.Next(500, 40_000), () => worker.IsSilent = false);
                break;
            case Faults.WorkerDrains when worker is { IsAlive: true, IsDraining: false }:
                worker.IsDraining = true;
                // It ends, drained or not, or it is taken back.
                world.Time.After(Random.Next(500, 40_000), () =>
                {
                    if (worker is not { IsAlive: true, IsDraining: true }) return;
                    if (!world.HasFaults || Random.Next(3) == 0) worker.IsDraining = false;
                    else KillWorker(worker);
                });
                break;
            case Faults.ClockJumps:
                // Set right before long: while it is ahead of the workers' by more than taskDuration, groups roll over as soon as they have begun.
                var overlord = world.Overlords[Random.Next(2)];
                overlord.Skew = Random.Next(6) == 0 ? Random.Next(600_000) : Random.Next(-40_000, 60_000);
                world.Time.After(Random.Next(1_000, 30_000), () => overlord.Skew = 0);
                break;
            case Faults.OutOfRange when world.Store.Committed.Contains(partition): world.Topic.ClaimOutOfRange(partition, Random.Next(500, 60_000)); break;
            case Faults.NewPartitions when world.Topic.Count < PartitionsMost: world.Topic.AddPartition(); break;
            case Faults.TopicRemade when Random.Next(4) == 0: world.Topic.Remake(); break;
            case Faults.RetentionOvertakes when world.Store.Committed.TryGet(partition, out var at): world.Topic.Expire(partition, at + Random.Next(1, 50)); break;
            case Faults.Retention when world.Store.Committed.TryGet(partition, out var committed): world.Topic.Expire(partition, committed - Random.Next(1, 200)); break;
            default: return; // nothing there that it could happen to
        }
        world.Count(kind.ToString());
    }

    private void KillWorker(Workers.SimulatedWorker worker)
    {
        worker.Die();
        world.Time.After(Random.Next(500, 50_000), () =>
        {
            worker.Boot();
            Announce(worker);
        });
    }

    private void TakeOver(SimulatedOverlord overlord)
    {
        if (!overlord.IsAlive) overlord.Boot();
        overlord.Lead();
    }

    private void Announce(Workers.SimulatedWorker worker)
    {
        foreach (var overlord in world.Overlords) overlord.Term?.Dispatcher.Follow(worker);
    }

    /// <summary>Workers announce themselves again and again.</summary>
    private void AnnounceAll()
    {
        foreach (var worker in world.Workers)
            if (worker is { IsAlive: true, IsSilent: false }) Announce(worker);
        world.Time.After(5_000, AnnounceAll);
    }
}
