using System.Collections;
using System.Runtime.CompilerServices;
using System.Text;
using Ingestion.Contracts.Stream;
using Ingestion.Simulation.Stream;

namespace Ingestion.Simulation.Metadata;

/// <summary>Keeps account of every record that was ever published, apart from the store's own offsets: what is published is contiguous by partition, holds
/// each record, and holds it once.</summary>
internal sealed class Ledger(Topic topic)
{
    private readonly SortedDictionary<int, Account> accounts = [];

    public bool Knows(int partition) => accounts.ContainsKey(partition);

    /// <param name="mayBeginAnywhere">A first publish of a partition may begin behind its oldest record.</param>
    /// <exception cref="BrokenWorldException">Records are lost or doubled by it.</exception>
    public void Publish(PartitionOffsets start, PartitionOffsets end, IReadOnlyList<WrittenSegment> added, bool mayBeginAnywhere)
    {
        foreach (var (partition, from) in start)
        {
            if (!accounts.TryGetValue(partition.Number, out var account))
            {
                if (!mayBeginAnywhere) Require(from <= topic.HighestEarliest(partition.Number), $"partition {partition} is published from {from}, but begins at {topic.HighestEarliest(partition.Number)}");
                accounts[partition.Number] = account = new Account { Next = from };
            }
            Require(account.Next == from, $"partition {partition} is published up to {account.Next}, and now again from {from}");
            account.Next = end[partition];
        }
        foreach (var segment in added)
        {
            foreach (var (partition, offset) in segment.Rows)
            {
                Require(start.TryGet(partition, out var from) && offset >= from && offset < end[partition], $"segment {segment.Id} holds {partition}@{offset}, outside of {start} to {end}");
                Require(accounts[partition].Add(offset), $"{partition}@{offset} is published twice");
                Require(segment.Segment.Interval.Contains(Topic.TimestampOf(partition, offset)), $"{partition}@{offset} is in {segment.Id}, where its time is not");
            }
        }
        foreach (var (partition, from) in start)
            for (var offset = from; offset < end[partition]; offset++)
                Require(!topic.IsRecord(partition.Number, offset) || accounts[partition.Number].Holds(offset), $"{partition}@{offset} is committed, but in no published segment");
    }

    /// <summary>A reset: the partition goes on from there. Records before it that were not published are skipped, those behind it may be published again.</summary>
    public void Move(int partition, long to)
    {
        if (!accounts.TryGetValue(partition, out var account)) accounts[partition] = account = new Account();
        account.Next = to;
        account.Forget(to);
    }

    /// <summary>A reset of everything: each partition begins anew.</summary>
    public void Forget() => accounts.Clear();

    /// <summary>Up to where the partition's records are published; 0 before.</summary>
    public long PublishedUpTo(int partition) => accounts.TryGetValue(partition, out var account) ? account.Next : 0;

    /// <param name="otherwise">Not put into words while it holds: this is asked for every record.</param>
    private static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Complaint otherwise)
    {
        if (!holds) throw new BrokenWorldException("records: " + otherwise.Text);
    }

    [InterpolatedStringHandler]
    private readonly ref struct Complaint
    {
        private readonly StringBuilder? text;

        public Complaint(int literalLength, int formattedCount, bool holds, out bool isNeeded)
        {
            isNeeded = !holds;
            text = isNeeded ? new StringBuilder(literalLength + formattedCount * 16) : null;
        }

        public string Text => text?.ToString() ?? "";
        public void AppendLiteral(string literal) => text!.Append(literal);
        public void AppendFormatted<T>(T value) => text!.Append(value);
    }

    private sealed class Account
    {
        private readonly BitArray published = new(1024);

        public long Next { get; set; }

        /// <summary>What is published from the offset on may be published again.</summary>
        public void Forget(long from)
        {
            for (var offset = Math.Max(0, from); offset < published.Length; offset++) published[(int)offset] = false;
        }

        public bool Holds(long offset) => offset < published.Length && published[(int)offset];

        public bool Add(long offset)
        {
            if (offset >= published.Length) published.Length = (int)offset * 2;
            if (published[(int)offset]) return false;
            return published[(int)offset] = true;
        }
    }
}
