using Ingestion.Simulation.Metadata;

namespace Ingestion.Simulation.Worlds;

/// <summary>Virtual time: what is due happens in the order of its time, and of its making where times are equal. Nothing else makes time pass.</summary>
internal sealed class Timeline
{
    private const int AtOnceMost = 100_000;

    private readonly PriorityQueue<Action, (long At, long Order)> due = new();
    private long order;
    private int atOnce;

    /// <summary>Milliseconds since the world began.</summary>
    public long Now { get; private set; }

    public long Events { get; private set; }

    public void After(long millis, Action happening) => due.Enqueue(happening, (Now + Math.Max(0, millis), order++));

    /// <summary>Lets everything happen that is due until then, unless told to stop before.</summary>
    public void RunUntil(long time, Func<bool> isOver)
    {
        while (!isOver() && due.TryPeek(out var happening, out var at) && at.At <= time)
        {
            due.Dequeue();
            atOnce = at.At == Now ? atOnce + 1 : 0;
            if (atOnce > AtOnceMost) throw new BrokenWorldException($"time stands still: {AtOnceMost} events at {Now} ms");
            Now = at.At;
            Events++;
            happening();
        }
        if (!isOver()) Now = time;
    }
}
