using Ingestion.IndexTask.Hosting.Announcing;

namespace Ingestion.IndexTask.Tests.Hosting.Announcing;

public sealed class AnnouncingTroubleTests
{
    private readonly HandClock clock = new();

    [Fact]
    public void It_is_told_when_it_begins_and_each_minute_and_tried_again_after_growing_pauses()
    {
        var trouble = new AnnouncingTrouble(clock);
        List<double> pauses = [], told = [];
        while (clock.Now < TimeSpan.FromSeconds(130))
        {
            var at = clock.Now.TotalSeconds;
            var (pause, tell) = trouble.Failed(clock.Now.Milliseconds % 2 == 0 ? "connection refused" : "timed out", isAnswer: false);
            pauses.Add(pause.TotalMilliseconds);
            if (tell) told.Add(Math.Floor(at / 60));
            clock.Now += pause;
        }
        Assert.Equal([100, 200, 400, 800, 1600, 2000, 2000], pauses.Take(7));
        Assert.Equal(2000, pauses.Max());
        Assert.Equal([0, 1, 2], told);
        Assert.Equal(DateTimeOffset.UnixEpoch, trouble.Since);
        Assert.Equal(DateTimeOffset.UnixEpoch, trouble.Over());
        Assert.Null(trouble.Over());
        Assert.Equal((TimeSpan.FromMilliseconds(100), true), trouble.Failed("again", isAnswer: false));
    }

    [Fact]
    public void Answer_that_differs_from_the_one_told_last_is_told_at_once()
    {
        var trouble = new AnnouncingTrouble(clock);
        Assert.Equal([true, false, true, false, false, true],
            new[] { ("timed out", false), ("refused", false), ("400 wrong environment", true), ("400 wrong environment", true), ("timed out", false), ("503 busy", true) }.Select(f => trouble.Failed(f.Item1, f.Item2).Tell));
    }

    private sealed class HandClock : TimeProvider
    {
        public TimeSpan Now { get; set; }
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => Now.Ticks;
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;
    }
}
