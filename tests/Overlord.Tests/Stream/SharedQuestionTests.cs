using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Stream;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Tests.Stream;

public sealed class SharedQuestionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly HandClock clock = new();
    private readonly List<TaskCompletionSource<StreamAnswer>> asked = [];
    private readonly SharedQuestion question;

    public SharedQuestionTests() => question = new SharedQuestion(_ =>
    {
        var asking = new TaskCompletionSource<StreamAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (asked) asked.Add(asking);
        return asking.Task;
    }, clock);

    [Fact]
    public async Task Answer_serves_all_whom_one_so_old_will_do()
    {
        var first = question.AskAsync(TimeSpan.Zero);
        clock.Seconds = 3;
        var second = question.AskAsync(TimeSpan.FromSeconds(5));
        asked[0].SetResult(Answer(0));
        Assert.Equal([Answer(0), Answer(0)], await Task.WhenAll(first, second).WaitAsync(Limit));
        Assert.Equal(Answer(0), await question.AskAsync(TimeSpan.FromSeconds(5)));
        Assert.Single(asked);
    }

    [Fact]
    public async Task Who_wants_a_newer_answer_than_the_one_under_way_waits_for_the_next_which_is_asked_once_for_all()
    {
        var first = question.AskAsync(TimeSpan.Zero);
        clock.Seconds = 1;
        var later = Enumerable.Range(0, 5).Select(_ => question.AskAsync(TimeSpan.Zero)).ToList();
        Assert.Single(asked);
        asked[0].SetResult(Answer(0));
        await first.WaitAsync(Limit);
        Assert.True(SpinWait.SpinUntil(() => Asked == 2, Limit));
        asked[1].SetResult(Answer(1));
        Assert.All(await Task.WhenAll(later).WaitAsync(Limit), answer => Assert.Equal(Answer(1), answer));
        Assert.Equal(2, Asked);
    }

    [Fact]
    public async Task Failure_is_told_to_those_who_wait_and_not_kept()
    {
        var first = question.AskAsync(TimeSpan.Zero);
        asked[0].SetException(new TimeoutException("no broker"));
        await Assert.ThrowsAsync<TimeoutException>(() => first);
        var second = question.AskAsync(TimeSpan.Zero);
        asked[1].SetResult(Answer(0));
        Assert.Equal(Answer(0), await second.WaitAsync(Limit));
    }

    private int Asked { get { lock (asked) return asked.Count; } }
    private static StreamAnswer Answer(int seconds) => new(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty, seconds);

    private sealed class HandClock : TimeProvider
    {
        public int Seconds { get; set; }
        public override long TimestampFrequency => 1;
        public override long GetTimestamp() => Seconds;
    }
}
