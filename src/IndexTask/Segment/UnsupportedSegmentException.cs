namespace Ingestion.IndexTask.Segment;

/// <summary>The segment may well be sound, but uses a part of the format that is not read (or cannot be written) here.</summary>
public sealed class UnsupportedSegmentException(string column, string what)
    : Exception($"column [{column}]: {what}")
{
    /// <summary>The column that needs it.</summary>
    public string Column { get; } = column;
}
