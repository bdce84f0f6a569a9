namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>How much of a task's log is kept: its beginning, and at least one and at most two parts of its end.</summary>
/// <param name="Beginning">Bytes.</param>
/// <param name="Part">Bytes.</param>
internal readonly record struct LogLimits(long Beginning, long Part)
{
    /// <summary>At most 5 MiB.</summary>
    public static readonly LogLimits Default = new(1 << 20, 2 << 20);
}
