namespace Ingestion.Overlord.Stream;

/// <summary>One question that many ask: an answer serves all who asked before Kafka was, and those whom one so old will do. At most one is under way.</summary>
/// <param name="ask">Puts the question; the argument is the answer's <see cref="StreamAnswer.AsOf"/>.</param>
internal sealed class SharedQuestion(Func<long, Task<StreamAnswer>> ask, TimeProvider time)
{
    private readonly Lock gate = new();
    private StreamAnswer? last;
    private Task<StreamAnswer>? underWay, next;
    private long underWayAsOf;

    public DateTimeOffset LastAsked { get; private set; } = time.GetUtcNow();
    public bool IsUnderWay { get { lock (gate) return underWay is not null; } }

    /// <returns>An answer to a question that was put no longer ago. Failures are shared with those who wait, but not kept.</returns>
    public Task<StreamAnswer> AskAsync(TimeSpan maxAge)
    {
        var notBefore = time.GetTimestamp() - (long)(maxAge.TotalSeconds * time.TimestampFrequency);
        lock (gate)
        {
            LastAsked = time.GetUtcNow();
            if (last is not null && last.AsOf >= notBefore) return Task.FromResult(last);
            if (underWay is null) return Begin();
            return underWayAsOf >= notBefore ? underWay : next ??= AfterAsync(underWay);
        }
    }

    private Task<StreamAnswer> Begin()
    {
        underWayAsOf = time.GetTimestamp();
        return underWay = KeepAsync(ask(underWayAsOf));
    }

    private async Task<StreamAnswer> KeepAsync(Task<StreamAnswer> asking)
    {
        try
        {
            await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // never within Begin
            var answer = await asking;
            lock (gate) return last = answer;
        }
        finally
        {
            lock (gate) underWay = null;
        }
    }

    private async Task<StreamAnswer> AfterAsync(Task<StreamAnswer> before)
    {
        await ((Task)before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        Task<StreamAnswer> mine;
        lock (gate)
        {
            next = null;
            mine = underWay ?? Begin();
        }
        return await mine;
    }
}
