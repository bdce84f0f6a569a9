namespace Ingestion.IndexTask.Columns;

/// <summary>The heart of a k-way merge: which source has the least item now. Sources with equal items come in their own order.</summary>
/// <remarks>Every source begins with at least one item; the comparison is of the current items of two sources.</remarks>
internal sealed class SourceHeap
{
    private readonly int[] heap;
    private readonly Comparison<int> compare;

    public SourceHeap(IEnumerable<int> sources, Comparison<int> compare)
    {
        this.compare = compare;
        heap = [.. sources];
        Count = heap.Length;
        for (var at = (Count / 2) - 1; at >= 0; at--)
            Sink(at);
    }

    /// <summary>Sources that still have items.</summary>
    public int Count { get; private set; }

    public int Least => heap[0];

    /// <summary>The least source has moved to its next item, or has none any more.</summary>
    public void Advanced(bool hasMore)
    {
        if (!hasMore)
            heap[0] = heap[--Count];
        Sink(0);
    }

    private void Sink(int at)
    {
        for (int child; (child = (2 * at) + 1) < Count; at = child)
        {
            if (child + 1 < Count && Compare(heap[child + 1], heap[child]) < 0)
                child++;
            if (Compare(heap[at], heap[child]) <= 0)
                return;
            (heap[at], heap[child]) = (heap[child], heap[at]);
        }
    }

    private int Compare(int left, int right) => compare(left, right) is var order && order != 0 ? order : left - right;
}
