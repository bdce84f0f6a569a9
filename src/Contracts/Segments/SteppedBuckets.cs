namespace Ingestion.Contracts.Segments;

/// <summary>Buckets that can only be found by stepping from the origin, such as those of a month and a half: the starts are kept as they are found.</summary>
/// <param name="add">The instant that so many periods after, or before, another.</param>
internal sealed class SteppedBuckets(long origin, Func<long, long, long> add)
{
    private static readonly Comparer<long> Descending = Comparer<long>.Create((a, b) => b.CompareTo(a));
    private readonly Lock gate = new();
    private readonly List<long> after = [origin], before = [origin];
    private (long Start, long End) last;

    public long Start(long millis)
    {
        lock (gate)
        {
            if (millis >= last.Start && millis < last.End) return last.Start;
            if (millis < origin) return StartBefore(millis);
            while (after[^1] <= millis) after.Add(add(after[^1], 1));
            var found = after.BinarySearch(millis);
            var at = found >= 0 ? found : ~found - 1;
            last = (after[at], after[at + 1]);
            return last.Start;
        }
    }

    private long StartBefore(long millis)
    {
        while (before[^1] > millis) before.Add(add(before[^1], -1));
        var found = before.BinarySearch(millis, Descending);
        return before[found >= 0 ? found : ~found];
    }
}
