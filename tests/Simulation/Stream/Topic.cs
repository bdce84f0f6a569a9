using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Stream;

/// <summary>A Kafka topic: partitions that grow, lose their oldest records, have gaps, and at times claim not to have what they have.</summary>
internal sealed class Topic(World world)
{
    private const long HourMillis = 3_600_000;

    /// <summary>For so long a supervisor that gets no answers may believe the last one.</summary>
    private const long LateTruthMillis = 600_000;

    private readonly List<Partition> partitions = [];

    public int Count => partitions.Count;

    /// <summary>The names of the partitions, made once: they are asked for all the time.</summary>
    public ImmutableArray<StreamPartition> Names { get; private set; } = [];

    public long Latest(int partition) => partitions[partition].Latest;
    public long Earliest(int partition) => partitions[partition].Earliest;

    public void AddPartition()
    {
        partitions.Add(new Partition());
        Names = Names.Add(new StreamPartition(partitions.Count - 1));
    }

    public void Produce(int partition, int records) => partitions[partition].Latest += records;

    public void Expire(int partition, long before) => partitions[partition].Earliest = Math.Max(partitions[partition].Earliest, Math.Min(before, partitions[partition].Latest));

    /// <summary>For so long the broker answers as if another log were there.</summary>
    public void ClaimOutOfRange(int partition, long millis) => partitions[partition].OutOfRangeUntil = world.Time.Now + millis;

    /// <summary>Deleted and made again: other records, from offset 0 on.</summary>
    public void Remake()
    {
        foreach (var partition in partitions) (partition.Earliest, partition.Latest, partition.RemadeAt) = (0, 0, world.Time.Now);
    }

    /// <summary>Only of what is committed: where nothing is, a supervisor has no way to know better.</summary>
    public bool IsOutOfRange(int partition) => world.Time.Now < partitions[partition].OutOfRangeUntil && world.Store.Committed.Contains(partition);

    /// <summary>The earliest offset that the partition ever began at: whoever read from its beginning at any time began no later.</summary>
    public long HighestEarliest(int partition) => partitions[partition].HighestEarliest;

    /// <summary>Whether a supervisor may think that the offset is gone, by what it was told lately.</summary>
    public bool MaySeemLost(int partition, long offset) =>
        offset < Earliest(partition) || offset > Latest(partition)
        || world.Time.Now < Math.Max(partitions[partition].OutOfRangeUntil, partitions[partition].RemadeAt) + LateTruthMillis;

    /// <summary>Whether the offset holds a record.</summary>
    public bool IsRecord(int partition, long offset) => world.Options.GapOneIn == 0 || Mix(partition, offset) % (ulong)world.Options.GapOneIn != 0;

    /// <summary>The record's time, ms since 1970: hours advance with the offsets, and some records are of the hour before.</summary>
    public static long TimestampOf(int partition, long offset) => World.BeginMillis + (offset / 400 - (Mix(partition, offset) % 9 == 0 ? 1 : 0)) * HourMillis + offset % 1000;

    /// <summary>Partitions with their offsets, as a client is told them.</summary>
    public ImmutableSortedDictionary<StreamPartition, OffsetRange> Describe() =>
        Names.ToImmutableSortedDictionary(p => p, p => IsOutOfRange(p.Number) ? new OffsetRange(Latest(p.Number) + 1000, Latest(p.Number) + 1000) : new OffsetRange(Earliest(p.Number), Latest(p.Number)));

    private static ulong Mix(int partition, long offset)
    {
        var x = (ulong)offset * 0x9E3779B97F4A7C15 + (ulong)partition * 0xBF58476D1CE4E5B9;
        x ^= x >> 29;
        x *= 0x94D049BB133111EB;
        return x ^ (x >> 32);
    }

    private sealed class Partition
    {
        private long earliest;

        public long Earliest
        {
            get => earliest;
            set => (earliest, HighestEarliest) = (value, Math.Max(HighestEarliest, value));
        }

        public long HighestEarliest { get; private set; }
        public long Latest { get; set; }
        public long OutOfRangeUntil { get; set; } = long.MinValue / 2;
        public long RemadeAt { get; set; } = long.MinValue / 2;
    }
}
