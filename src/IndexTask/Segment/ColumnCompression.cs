namespace Ingestion.IndexTask.Segment;

/// <summary>How the blocks of a column are stored.</summary>
public enum ColumnCompression
{
    /// <summary>Blocks of at most 64 KiB, each a raw LZ4 block.</summary>
    Lz4,

    /// <summary>Blocks of at most 64 KiB as they are.</summary>
    Uncompressed,

    /// <summary>No blocks at all: one run of bytes. Numeric columns only.</summary>
    None,
}
