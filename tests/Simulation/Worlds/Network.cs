namespace Ingestion.Simulation.Worlds;

/// <summary>Carries messages, and while faults last loses, doubles and delays some.</summary>
internal sealed class Network(World world)
{
    private const int LateMost = 12_000;

    public void Send(Action arrival)
    {
        var delay = world.Random.Next(1, 20);
        if (IsHit(Faults.Lost)) return;
        if (IsHit(Faults.Late)) delay += world.Random.Next(LateMost);
        if (IsHit(Faults.Doubled)) world.Time.After(delay + world.Random.Next(LateMost), arrival);
        world.Time.After(delay, arrival);
    }

    private bool IsHit(Faults fault) => world.Strikes(fault, world.Options.MessageFaultOneIn);
}
