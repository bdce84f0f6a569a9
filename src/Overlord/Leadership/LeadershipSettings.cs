namespace Ingestion.Overlord.Leadership;

public sealed record LeadershipSettings
{
    private readonly TimeSpan? renewEvery;

    /// <summary>Where clients and standbys reach this overlord when it leads, without a trailing slash: <c>http://host:8090</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Within which a leader that shows no sign of life, and whose connection stands, is replaced by a standby that leads. One that dies loses its connection, which is noticed at once.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A quarter of the lease, unless it is given.</summary>
    public TimeSpan RenewEvery { get => renewEvery ?? Lease / 4; init => renewEvery = value; }

    /// <summary>What stands in the database: the rest of the lease is for the successor to take over.</summary>
    internal TimeSpan InDatabase => Lease * 0.9;

    /// <summary>Of the leader: the longest that one of its statements runs, or that its transaction idles.</summary>
    internal TimeSpan TransactionTimeout => Lease * 0.8;

    /// <summary>A leader stops this long after it asked for its last renewal that succeeded; the rest of the lease is for what is under way.</summary>
    internal TimeSpan ActFor => Lease * 0.8;

    /// <summary>How long a take-over waits for transactions of a leader that resigned or died before it terminates them. A process that died takes its own along, and one that resigned is ending them.</summary>
    internal TimeSpan Patience => Lease / 10;

    /// <summary>The same of a leader whose lease has run out: it has had the rest of its lease for that.</summary>
    internal TimeSpan PatienceWithHung => Lease / 50;

    /// <exception cref="FormatException">The lease could run out though the leader is well.</exception>
    public void Check()
    {
        if (Lease < TimeSpan.FromSeconds(1)) throw new FormatException($"--lease [{Lease.TotalSeconds:0.###}] is shorter than 1 s: a pause of the garbage collector or of the disk would end leadership");
        if (RenewEvery <= TimeSpan.Zero || RenewEvery * 3 > Lease)
            throw new FormatException($"--renew-every [{RenewEvery.TotalSeconds:0.###}] is longer than a third of --lease [{Lease.TotalSeconds:0.###}]: a lease must outlast its renewal, or it runs out while its leader is well, and others lead beside it");
    }
}
