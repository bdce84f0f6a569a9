using Ingestion.IndexTask.Hosting.Memory;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class MemoryBudgetTests
{
    private readonly MemoryBudget budget = new(64 << 20, 4);
    private int woken;

    [Theory]
    [InlineData("1", 1)]
    [InlineData("64k", 64 << 10)]
    [InlineData("512M", 512 << 20)]
    [InlineData("6g", 6L << 30)]
    public void Sizes_are_read(string text, long bytes) => Assert.Equal(bytes, MemorySize.Parse("--memory", text));

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("0")]
    [InlineData("-1g")]
    [InlineData("1.5g")]
    [InlineData("9999999999g")]
    public void What_is_no_size_is_refused(string text) => Assert.Equal($"--memory [{text}] is not a size such as 512m: a number of bytes, or of k, m or g", Assert.Throws<FormatException>(() => MemorySize.Parse("--memory", text)).Message);

    [Fact]
    public void Parts_fit_into_the_whole()
    {
        Assert.Equal((64L << 20, 2L << 20, 40L << 20), (budget.Bytes, budget.Prefetch, budget.RowBytes));
        var roomy = new MemoryBudget(64L << 30, 4);
        Assert.Equal((32L << 20, 4L << 20, false), (roomy.Prefetch, roomy.MostWaiting, roomy.IsTight));
    }

    [Fact]
    public void Task_with_the_largest_sink_is_asked_to_spill_once_half_is_used()
    {
        var (small, large) = (Open(), Open());
        small.Holds(budget.RowBytes / 8, budget.RowBytes / 8);
        large.Holds(budget.RowBytes / 4, budget.RowBytes / 4);
        Assert.Equal((false, false), (small.IsAsked, large.IsAsked));
        small.Holds(budget.RowBytes / 3, budget.RowBytes / 6); // it holds more, in smaller sinks
        Assert.Equal((false, true), (small.IsAsked, large.IsAsked));
    }

    [Fact]
    public void Who_holds_less_than_an_equal_share_reads_on_while_others_wait_until_all_is_used()
    {
        var (large, small) = (Open(), Open());
        large.Holds(budget.RowBytes * 7 / 8, budget.RowBytes * 7 / 8);
        small.Holds(1_000, 1_000);
        Assert.Equal((true, false), (large.MustWait(), small.MustWait()));
        small.Holds(budget.RowBytes / 4, budget.RowBytes / 4);
        Assert.Equal((true, true), (large.MustWait(), small.MustWait()));
        Assert.True(large.TakeQuestion());
        large.Leaves(budget.RowBytes * 7 / 8);
        large.Holds(0, 0);
        Assert.Equal((false, true), (large.TakeQuestion(), small.MustWait())); // what is being written is still there
        woken = 0;
        large.Left(budget.RowBytes * 7 / 8);
        large.Answered();
        Assert.True(woken > 0);
        Assert.Equal((false, false), (large.MustWait(), small.MustWait()));
    }

    [Fact]
    public void Nobody_waits_for_memory_that_nothing_will_free()
    {
        var (first, second) = (Open(), Open());
        first.Holds(budget.RowBytes, 0);
        second.Holds(budget.RowBytes, 0);
        Assert.Equal((false, false), (first.MustWait(), second.MustWait()));
    }

    [Fact]
    public void Many_small_sinks_are_spilled_where_nothing_else_frees_memory()
    {
        var account = Open();
        account.Holds(budget.RowBytes * 5 / 8, 10_000);
        Assert.False(account.IsAsked);
        account.Holds(budget.RowBytes, 10_000);
        Assert.Equal((true, true), (account.IsAsked, account.MustWait()));
    }

    [Fact]
    public async Task Segments_that_do_not_fit_beside_each_other_are_written_one_after_the_other_in_order()
    {
        var first = await budget.ForWriting(budget.RowBytes * 2, CancellationToken.None);
        using var given = new CancellationTokenSource();
        var (second, abandoned, third) = (budget.ForWriting(1_000, CancellationToken.None), budget.ForWriting(1_000, given.Token), budget.ForWriting(1_000, CancellationToken.None));
        Assert.Equal((false, false), (second.IsCompleted, third.IsCompleted));
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        first.Dispose();
        first.Dispose();
        (await second).Dispose();
        (await third).Dispose();
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public void Task_that_ends_gives_everything_back_and_is_not_waited_for()
    {
        var (ended, other) = (Open(), Open());
        ended.Holds(budget.RowBytes, budget.RowBytes);
        other.Holds(budget.RowBytes / 2, 0);
        Assert.Equal((true, true), (ended.IsAsked, other.MustWait()));
        ended.Dispose();
        ended.Dispose();
        Assert.Equal((budget.RowBytes / 2, false), (budget.Used, other.MustWait()));
    }

    private MemoryAccount Open() => budget.Open(() => woken++);
}
