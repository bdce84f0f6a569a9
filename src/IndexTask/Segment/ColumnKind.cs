namespace Ingestion.IndexTask.Segment;

/// <summary>What a stored column holds.</summary>
public enum ColumnKind
{
    Long,
    Float,
    Double,
    String,

    /// <summary>Complex, nested and other kinds that are not read.</summary>
    Unsupported,
}
