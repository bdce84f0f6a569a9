namespace Ingestion.IndexTask.Segment;

/// <summary>Writes Druid's segment format V9.</summary>
public static class SegmentWriter
{
    /// <summary>
    /// Writes <c>version.bin</c>, <c>factory.json</c>, <c>meta.smoosh</c> and the chunks <c>00000.smoosh</c>, ... into an existing, empty
    /// directory. Runs on the calling thread and shares no state, so segments can be written side by side.
    /// </summary>
    /// <returns>The total size of the files in bytes.</returns>
    /// <exception cref="ArgumentException">The content breaks a rule of the format: the message names the column and the rule.</exception>
    /// <exception cref="UnsupportedSegmentException">A column is larger than 2 GiB, or the index spec asks for what is not written.</exception>
    public static long Write(string directory, SegmentContent content, CancellationToken cancellation)
    {
        throw new UnsupportedSegmentException("__time", "skeleton");
    }
}
