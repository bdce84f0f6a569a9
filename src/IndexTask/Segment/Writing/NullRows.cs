using System.Numerics;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The null rows of a numeric column: bit words, of which those behind the last row do not count.</summary>
internal readonly ref struct NullRows
{
    private readonly ReadOnlySpan<ulong> words;
    private readonly int rowCount;

    public NullRows(ReadOnlySpan<ulong> words, int rowCount)
    {
        this.words = words[..Math.Min(words.Length, (int)(((long)rowCount + 63) / 64))];
        this.rowCount = rowCount;
        for (var i = 0; i < this.words.Length; i++)
            Count += BitOperations.PopCount(Word(i));
    }

    public int Count { get; }

    /// <summary>Whether some row from <paramref name="start"/> on is null; may say yes for a neighbour in the same word.</summary>
    public bool MayBeWithin(int start, int count)
    {
        var last = Math.Min(words.Length - 1, (start + count - 1) >> 6);
        for (var i = start >> 6; i <= last; i++)
        {
            if (words[i] != 0)
                return true;
        }

        return false;
    }

    public bool Contains(int row) => row >> 6 < words.Length && (words[row >> 6] >> row & 1) != 0;

    /// <summary>Their numbers, ascending.</summary>
    public void CopyTo(Span<int> rows)
    {
        var next = 0;
        for (var i = 0; i < words.Length; i++)
        {
            for (var word = Word(i); word != 0; word &= word - 1)
                rows[next++] = (i << 6) + BitOperations.TrailingZeroCount(word);
        }
    }

    private ulong Word(int index)
    {
        var rowsLeft = rowCount - (index << 6);
        return rowsLeft >= 64 ? words[index] : words[index] & ((1UL << rowsLeft) - 1);
    }
}
