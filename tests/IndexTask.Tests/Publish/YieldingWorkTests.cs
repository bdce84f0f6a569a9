using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Tests.Publish;

public sealed class YieldingWorkTests
{
    [Fact]
    public async Task Work_runs_on_a_thread_of_its_own_with_a_raised_nice_value_and_others_keep_theirs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "nice values are told by /proc");
        var before = Nice();
        var within = await YieldingWork.RunAsync(Nice);
        Assert.Equal((Math.Min(19, Math.Max(before, 10)), before), (within, Nice()));
    }

    [Fact]
    public async Task What_the_work_throws_is_told() => await Assert.ThrowsAsync<IOException>(() => YieldingWork.RunAsync<int>(() => throw new IOException("full")));

    /// <summary>Field 19 of proc(5)'s stat, of the thread that asks.</summary>
    private static int Nice()
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
    }
}
