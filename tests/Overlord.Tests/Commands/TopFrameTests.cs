using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Overlord.Commands;

namespace Ingestion.Overlord.Tests.Commands;

public sealed class TopFrameTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Speed_is_what_partitions_moved_between_two_looks()
    {
        var before = Frame(Noon, Line("a", """{"0":100,"1":10}"""));
        var now = Frame(Noon.AddSeconds(2), Line("a", """{"0":500,"1":5,"2":9000}""")); // 1 was reset, 2 is new
        Assert.Equal(
        [
            "12:00:02Z  http://o  1 supervisor, 1 of 4 slots used, lag 7", "",
            "SUPERVISOR  STATE    TASKS  PUBLISHING  LAG  READ/S  PUBLISHED/S",
            "a           RUNNING      1           0    7     200            0",
        ], now.Lines(before, 40));
    }

    [Fact]
    public void Most_lag_comes_first_and_what_does_not_fit_is_counted()
    {
        var frame = Frame(Noon, [.. Enumerable.Range(1, 5).Select(i => Line($"s{i}", "{}", lag: i))]);
        Assert.Equal(["s5", "s4", "and"], frame.Lines(null, 6).Skip(3).Select(l => l.Split(' ')[0]));
        Assert.Equal("and 3 more with less lag", frame.Lines(null, 6)[^1]);
    }

    [Fact]
    public void Position_is_the_furthest_of_replicas_and_of_what_is_committed()
    {
        using var status = JsonDocument.Parse("""
            {"detailedState":"RUNNING","aggregateLag":3,"latestOffsets":{"0":10},"committedOffsets":{"0":5,"1":7},
             "activeTasks":[{"currentOffsets":{"0":8}},{"currentOffsets":{"0":9}}],"publishingTasks":[{"currentOffsets":{"0":6}}]}
            """);
        var line = TopLine.Of("a", status.RootElement);
        Assert.Equal(("RUNNING", 2, 1, 3), (line.State, line.Reading, line.Publishing, line.Lag));
        Assert.Equal([("0", 9), ("1", 7)], line.Positions.Select(p => (p.Key, p.Value)));
    }

    [Fact]
    public void Lag_that_nobody_knows_yet_is_left_out()
    {
        using var status = JsonDocument.Parse("""{"detailedState":"CONNECTING_TO_STREAM","aggregateLag":0}""");
        Assert.Null(TopLine.Of("a", status.RootElement).Lag);
    }

    private static TopFrame Frame(DateTimeOffset at, params TopLine[] lines) => new(at, "http://o", (1, 4), lines.ToImmutableSortedDictionary(l => l.Id, l => l));

    private static TopLine Line(string id, string offsets, long lag = 7)
    {
        using var json = JsonDocument.Parse($$"""{"detailedState":"RUNNING","aggregateLag":{{lag}},"latestOffsets":{},"committedOffsets":{"0":1},"activeTasks":[{"currentOffsets":{{offsets}} }] }""");
        return TopLine.Of(id, json.RootElement);
    }
}
