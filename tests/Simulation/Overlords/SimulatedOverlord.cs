using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation.Overlords;

/// <summary>An overlord process with its own idea of the time. It leads while it has a term; that its term is over it may learn late.</summary>
internal sealed class SimulatedOverlord(World world, int number)
{
    public int Number => number;
    public bool IsAlive { get; private set; } = true;

    /// <summary>Null while it does not lead, as far as it knows.</summary>
    public Term? Term { get; private set; }

    /// <summary>Its clock is ahead by so many ms.</summary>
    public long Skew { get; set; }
    public DateTimeOffset WallClock => World.Begin + TimeSpan.FromMilliseconds(world.Time.Now + Skew);

    public void Lead()
    {
        Term?.End();
        var epoch = world.Store.RaiseEpoch();
        world.Count("leader");
        world.Trace.Note("leads", $"overlord {number}", epoch, $"");
        Term = new Term(world, this, epoch);
        Term.Begin();
    }

    public void StepDown()
    {
        Term?.End();
        Term = null;
    }

    public void Die()
    {
        world.Trace.Note("dies", $"overlord {number}", 0, $"");
        StepDown();
        IsAlive = false;
    }

    public void Boot() => IsAlive = true;
}
