namespace Ingestion.IndexTask.Segment;

/// <summary>What a stored column holds.</summary>
public enum ColumnKind
{
    Long,
    Float,
    Double,
    String,

    /// <summary>A value with its time, as first and last aggregators keep it.</summary>
    Pair,

    /// <summary>Other complex, nested and other kinds that are not read.</summary>
    Unsupported,
}
