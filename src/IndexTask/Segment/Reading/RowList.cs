namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Rows as they come out of a stored set: strictly ascending and below the number of rows, or the set is damaged.</summary>
internal sealed class RowList(int rowCount, SegmentCursor cursor)
{
    public List<int> Rows { get; } = [];

    public void Add(long row)
    {
        if (row >= rowCount || (Rows.Count > 0 && row <= Rows[^1]))
            throw Damaged($"row {row} of {rowCount} out of order");
        Rows.Add((int)row);
    }

    public InvalidSegmentException Damaged(string what) => cursor.Invalid($"a set of rows is damaged: {what}");
}
