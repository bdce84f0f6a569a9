namespace Ingestion.IndexTask.Segment;

/// <summary>How 64-bit integers become bytes.</summary>
public enum LongEncoding
{
    /// <summary>Eight bytes each.</summary>
    Longs,

    /// <summary>Per column the smallest of: index into a table of up to 256 values, difference to the minimum, eight bytes.</summary>
    Auto,
}
