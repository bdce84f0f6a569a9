namespace Ingestion.IndexTask.Segment;

/// <summary>All that a segment is made of. Rows are in ascending order of time, and, by convention, of the dimensions after it.</summary>
public sealed record SegmentContent
{
    /// <summary>Start of the segment's whole time chunk, epoch milliseconds, inclusive. Queries clip to it.</summary>
    public required long IntervalStartMillis { get; init; }

    /// <summary>End of the segment's whole time chunk, epoch milliseconds, exclusive.</summary>
    public required long IntervalEndMillis { get; init; }

    /// <summary>At least 1: Druid refuses empty segments.</summary>
    public required int RowCount { get; init; }

    /// <summary>Epoch milliseconds of each row, ascending and within the interval.</summary>
    public required ReadOnlyMemory<long> Time { get; init; }

    /// <summary>In dimension order, without <c>__time</c>.</summary>
    public required IReadOnlyList<ColumnSource> Dimensions { get; init; }

    /// <summary>Numeric columns in any order; they are stored in ordinal order of their names.</summary>
    public required IReadOnlyList<ColumnSource> Metrics { get; init; }

    public required IndexSpec IndexSpec { get; init; }

    public required SegmentMetadata Metadata { get; init; }
}
