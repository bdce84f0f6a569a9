namespace Ingestion.IndexTask.Segment;

/// <summary>
/// The rows of one column in row order. Null rows of numeric columns are given as bit words (row r is bit r % 64 of word r / 64;
/// words past the end count as zero); no words at all, or only zero words, mean that no row is null. The value stored for a null row is
/// always 0, whatever the array holds there.
/// </summary>
public abstract record ColumnContent
{
    private ColumnContent()
    {
    }

    /// <summary>64-bit integers.</summary>
    public sealed record LongColumn(ReadOnlyMemory<long> Values, ReadOnlyMemory<ulong> NullRows = default) : ColumnContent;

    /// <summary>32-bit floating point numbers.</summary>
    public sealed record FloatColumn(ReadOnlyMemory<float> Values, ReadOnlyMemory<ulong> NullRows = default) : ColumnContent;

    /// <summary>64-bit floating point numbers.</summary>
    public sealed record DoubleColumn(ReadOnlyMemory<double> Values, ReadOnlyMemory<ulong> NullRows = default) : ColumnContent;

    /// <summary>One string (or null) a row: its id in the dictionary, of which every entry must be used by some row.</summary>
    /// <param name="HasBitmaps">Whether the rows of each entry are stored, by which filters find them; without, readers look at every row.</param>
    public sealed record StringColumn(Utf8Dictionary Dictionary, ReadOnlyMemory<int> Ids, bool HasBitmaps = true) : ColumnContent;

    /// <summary>
    /// Any number of strings a row: row r has <c>Ids[RowEnds[r - 1] .. RowEnds[r]]</c>. An empty row is found as null, so it needs a
    /// dictionary with null. Written as a single-value column when no row has two or more values.
    /// </summary>
    /// <param name="HasBitmaps">As in a single-value column.</param>
    public sealed record MultiStringColumn(Utf8Dictionary Dictionary, ReadOnlyMemory<int> RowEnds, ReadOnlyMemory<int> Ids, bool HasBitmaps = true) : ColumnContent;

    /// <summary>
    /// What first and last aggregators keep in each row: a value (or null) and the time that it was chosen by.
    /// </summary>
    /// <param name="Times">Epoch milliseconds, or whatever numbers the aggregator's time column has.</param>
    /// <param name="Values">A long, float, double or single-value string column; here not every entry of a dictionary need be used.</param>
    public sealed record PairColumn(ReadOnlyMemory<long> Times, ColumnContent Values) : ColumnContent;
}
