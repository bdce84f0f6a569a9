namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>A string column taken apart: the part <c>stringDictionary</c> in all the versions that Druid has written.</summary>
internal sealed class StringColumnReader
{
    private const int MultiValueV2 = 1;
    private const int MultiValueV3 = 2;
    private const int NoBitmaps = 4;

    private readonly SegmentCursor cursor;
    private readonly IndexedList? bitmaps;
    private readonly BitmapKind kind;
    private readonly int rowCount;

    public StringColumnReader(SegmentCursor cursor, ColumnDescriptor descriptor, int rowCount)
    {
        this.cursor = cursor;
        this.rowCount = rowCount;
        kind = descriptor.Bitmap;
        var version = cursor.Byte();
        if (version > 3)
            throw cursor.Unsupported($"version {version} of a string column");
        var flags = version >= 2 ? cursor.Int32() : 0;
        if ((flags & ~(MultiValueV2 | MultiValueV3 | NoBitmaps)) != 0)
            throw cursor.Unsupported($"flags {flags} of a string column");
        Dictionary = DictionaryReader.Read(cursor);
        ReadRows(version, flags);
        Check();
        if ((flags & NoBitmaps) != 0)
            return;
        bitmaps = new IndexedList(cursor);
        if (bitmaps.Count != Dictionary.Count)
            throw cursor.Invalid($"{bitmaps.Count} sets of rows for {Dictionary.Count} values");
    }

    public Utf8Dictionary Dictionary { get; }

    public bool HasBitmaps => bitmaps is not null;

    /// <summary>Where each row's ids end; null when each row has exactly one.</summary>
    public int[]? RowEnds { get; private set; }

    public int[] Ids { get; private set; } = [];

    /// <summary>The rows that hold a value, from its stored set, or, in a column without sets, from the ids.</summary>
    public IReadOnlyList<int> RowsOf(int id)
    {
        if (bitmaps is not null)
            return BitmapReader.Rows(bitmaps[id], kind, rowCount, cursor);
        List<int> rows = [];
        for (int row = 0, at = 0; row < rowCount; row++)
        {
            var end = RowEnds is null ? row + 1 : RowEnds[row];
            if (Ids.AsSpan(at..end).Contains(id) || (at == end && Dictionary.IsNull(id)))
                rows.Add(row);
            at = end;
        }

        return rows;
    }

    private void ReadRows(int version, int flags)
    {
        var isMulti = version == 1 || (flags & (MultiValueV2 | MultiValueV3)) != 0;
        if (version != 2)
        {
            if (isMulti)
                (RowEnds, Ids) = IdReader.ReadMulti(cursor);
            else
                Ids = IdReader.ReadSingle(cursor);
        }
        else if (!isMulti)
        {
            Ids = IdReader.ReadCompressed(cursor);
        }
        else
        {
            var layout = cursor.Byte();
            if (layout != ((flags & MultiValueV3) != 0 ? 3 : 2))
                throw cursor.Invalid($"layout {layout} of rows does not go with flags {flags}");
            var offsets = layout == 3 ? IdReader.ReadOffsets(cursor) : IdReader.ReadCompressed(cursor);
            RowEnds = offsets.Length > 0 ? offsets[1..] : throw cursor.Invalid("no row offsets");
            Ids = IdReader.ReadCompressed(cursor);
        }
    }

    private void Check()
    {
        var values = Dictionary.Count;
        foreach (var id in Ids)
        {
            if ((uint)id >= (uint)values)
                throw cursor.Invalid($"id {id} of a dictionary of {values}");
        }

        if ((RowEnds ?? Ids).Length != rowCount)
            throw cursor.Invalid($"{(RowEnds ?? Ids).Length} rows where the segment has {rowCount}");
        var start = 0;
        foreach (var end in RowEnds ?? [])
        {
            if (end < start || end > Ids.Length)
                throw cursor.Invalid($"a row from {start} to {end} of {Ids.Length} ids");
            start = end;
        }
    }
}
