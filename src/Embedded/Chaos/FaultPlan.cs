namespace Ingestion.Embedded.Chaos;

/// <summary>Faults by chance, the same of a seed each time. Every kind at every target comes once before one comes again.</summary>
public static class FaultPlan
{
    private const int LeastPauseMillis = 2_000, MostPauseMillis = 6_000, LeastMillis = 1_000, MostMillis = 8_000, LongestDeadMillis = 3_000;

    private static readonly FaultKind[] OfServers = [FaultKind.Kill, FaultKind.Restart, FaultKind.Suspend];
    private static readonly FaultKind[] OfProcesses = [.. OfServers, FaultKind.Refuse, FaultKind.Silence];

    private static readonly (FaultTarget Target, FaultKind Kind)[] Kinds =
    [
        .. OfProcesses.Select(kind => (FaultTarget.Overlord, kind)),
        .. OfProcesses.Select(kind => (FaultTarget.Worker, kind)),
        (FaultTarget.OverlordsDatabase, FaultKind.Refuse), (FaultTarget.OverlordsDatabase, FaultKind.Silence),
        .. OfServers.Select(kind => (FaultTarget.Postgres, kind)),
        .. OfServers.Select(kind => (FaultTarget.Kafka, kind)), (FaultTarget.Kafka, FaultKind.Refuse), (FaultTarget.Kafka, FaultKind.Silence),
    ];

    /// <summary>Which are noticed by timeouts alone, some of them (librdkafka's) of a minute.</summary>
    private static readonly (FaultTarget Target, FaultKind Kind)[] Forgetting =
        [.. ((FaultTarget[])[FaultTarget.Overlord, FaultTarget.Worker, FaultTarget.OverlordsDatabase, FaultTarget.Kafka]).Select(target => (target, FaultKind.Forget))];

    /// <summary>In the order of their times. A fault may begin before the last one is over.</summary>
    /// <param name="forgets">With <see cref="FaultKind.Forget"/>.</param>
    public static IReadOnlyList<Fault> Of(int seed, int count, int overlords, int workers, bool forgets = false)
    {
        var random = new Random(seed);
        var faults = new List<Fault>(count);
        var deck = new Stack<(FaultTarget Target, FaultKind Kind)>();
        var at = TimeSpan.Zero;
        while (faults.Count < count)
        {
            if (deck.Count == 0)
            {
                (FaultTarget, FaultKind)[] shuffled = forgets ? [.. Kinds, .. Forgetting] : [.. Kinds];
                random.Shuffle(shuffled);
                deck = new(shuffled);
            }
            var (target, kind) = deck.Pop();
            at += Millis(random, LeastPauseMillis, MostPauseMillis);
            var number = random.Next(target switch { FaultTarget.Worker => workers, FaultTarget.Overlord or FaultTarget.OverlordsDatabase => overlords, _ => 1 });
            faults.Add(new Fault(at, target, number, kind, kind switch { FaultKind.Restart or FaultKind.Forget => TimeSpan.Zero, FaultKind.Kill => Millis(random, 0, LongestDeadMillis), _ => Millis(random, LeastMillis, MostMillis) }));
        }
        return faults;
    }

    private static TimeSpan Millis(Random random, int least, int most) => TimeSpan.FromMilliseconds(random.Next(least, most));
}
