namespace Ingestion.IndexTask.Segment;

/// <summary>How hard LZ4 tries. Not a setting of Druid's; every reader takes either.</summary>
public enum Lz4Level
{
    /// <summary>LZ4's fast mode: well under a tenth of the CPU time, for files some five percent larger.</summary>
    Fast,

    /// <summary>LZ4 HC level 9, which is what Druid uses: equal rows then give equal bytes.</summary>
    High,
}
