namespace Ingestion.IndexTask.Hosting.Announcing;

/// <summary>Since when an address does not take announcements, when to try it next, and when to say so: as it begins, each minute while it lasts, and when an answer is another than the one told last.</summary>
internal sealed class AnnouncingTrouble(TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(2), TellEvery = TimeSpan.FromMinutes(1);
    private TimeSpan pause;
    private long toldAt;
    private string? toldAnswer;

    /// <summary>Null: there is none.</summary>
    public DateTimeOffset? Since { get; private set; }

    /// <summary>The last one's reason.</summary>
    public string? Reason { get; private set; }

    /// <param name="reason">In words.</param>
    /// <param name="isAnswer">Whether somebody answered and said no; else nobody answered, which has many words.</param>
    /// <returns>How long to wait before the next try, and whether to say so.</returns>
    public (TimeSpan Pause, bool Tell) Failed(string reason, bool isAnswer)
    {
        var isFirst = Since is null;
        if (isFirst) (Since, pause) = (time.GetUtcNow(), FirstPause);
        else pause = pause + pause < LongestPause ? pause + pause : LongestPause;
        Reason = reason;
        var tell = isFirst || isAnswer && reason != toldAnswer || time.GetElapsedTime(toldAt) >= TellEvery;
        if (!tell) return (pause, false);
        toldAt = time.GetTimestamp();
        if (isAnswer) toldAnswer = reason;
        return (pause, true);
    }

    /// <returns>Since when it lasted; null: there was none.</returns>
    public DateTimeOffset? Over()
    {
        var since = Since;
        (Since, Reason, toldAnswer) = (null, null, null);
        return since;
    }
}
