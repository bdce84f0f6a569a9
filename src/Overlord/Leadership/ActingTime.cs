namespace Ingestion.Overlord.Leadership;

/// <summary>How long a leader may act: until a given time after it asked for its last renewal that succeeded. Counted from the asking, and by our own monotonic clock,
/// so that it ends before the other side could think so.</summary>
internal sealed class ActingTime : IDisposable
{
    private readonly CancellationTokenSource over = new();
    private long endsAt;

    public ActingTime() => Over = over.Token;

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Over { get; }

    public TimeSpan Left => Over.IsCancellationRequested ? TimeSpan.Zero : Until(Volatile.Read(ref endsAt));

    /// <summary>As the clock that <see cref="Extend"/> counts by has it, in milliseconds.</summary>
    public static long Now => Environment.TickCount64;

    /// <param name="askedAt">By <see cref="Now"/>.</param>
    /// <param name="span">From then on.</param>
    public void Extend(long askedAt, TimeSpan span)
    {
        var end = askedAt + (long)span.TotalMilliseconds;
        Volatile.Write(ref endsAt, end);
        over.CancelAfter(Until(end));
    }

    public Task EndAsync() => over.CancelAsync();

    public void Dispose() => over.Dispose();

    private static TimeSpan Until(long end) => TimeSpan.FromMilliseconds(Math.Max(0, end - Now));
}
