using System.Globalization;

namespace Ingestion.Supervisor.Tests.Walk;

/// <summary>Random walks through all that may happen: whatever order it comes in, each record is published once, and once the faults stop all
/// is well again within a bound. WALK_FIRST and WALK_SEEDS choose other seeds, WALK_TRACE a folder for the traces of those that fail. Seeds that
/// found a bug are kept by name.</summary>
public sealed class WalkTests
{
    private const int FaultyTurns = 700;
    private static readonly TimeSpan CalmWithin = TimeSpan.FromMinutes(15);

    [Fact]
    public void Every_record_is_published_once_and_calm_returns_after_any_faults() => NoneFails(Setting("WALK_SEEDS", 100), Walk);

    /// <summary>Without what <c>continuesUncommitted</c> is for, a third of the seeds fails.</summary>
    [Fact]
    public void Every_record_is_published_once_where_the_first_commit_comes_late() => NoneFails(Setting("WALK_LATE_SEEDS", 40), WalkLate);

    [Fact]
    public void Every_record_is_published_once_since_the_last_reset() => NoneFails(Setting("WALK_RESET_SEEDS", 60), seed => Walk(seed, FaultyTurns, TimeSpan.Zero, resets: true));

    [Fact]
    public void Every_record_of_several_topics_is_published_once_though_topics_vanish_and_return() => NoneFails(Setting("WALK_TOPICS_SEEDS", 40), seed => Problem(new World(seed, topics: 3) { Resets = seed % 3 == 0 }));

    /// <summary>What has come to calm is idle.</summary>
    [Fact]
    public void Every_record_is_published_once_by_a_supervisor_that_is_idle_between_them() => NoneFails(Setting("WALK_IDLE_SEEDS", 40), seed => Problem(new World(seed, idleAfterMillis: 4_000)));

    [Fact]
    public void Every_record_is_published_once_while_an_auto_scaler_changes_the_task_count_and_replicas_wait_for_each_other()
    {
        var holds = 0;
        NoneFails(Setting("WALK_SCALING_SEEDS", 20), seed =>
        {
            var world = new World(seed, scales: true);
            var problem = Problem(world);
            Interlocked.Add(ref holds, world.Holds);
            return problem ?? (world.ScaleActions > 0 || world.State.Stream.Partitions.Count < 2 ? null : "it has never scaled");
        });
        Assert.True(holds > 0, "no replica has ever waited");
    }

    [Fact]
    public void Without_compare_and_swap_the_walk_finds_records_published_twice_or_lost() =>
        Assert.Contains(Enumerable.Range(1, 20), seed => Problem(new World(seed) { ComparesAndSwaps = false }) is { } problem && problem.Contains("World.Publish", StringComparison.Ordinal));

    [Fact]
    public void Without_fencing_the_walk_finds_what_a_replaced_leader_spoils() =>
        Assert.Contains(Enumerable.Range(1, 10), seed => Problem(new World(seed) { Fences = false }) is not null);

    [Fact]
    public void Without_reading_again_after_a_reset_the_walk_finds_the_old_offsets_brought_back() =>
        Assert.Contains(Enumerable.Range(1, 100), seed => Problem(new World(seed) { Resets = true, ReadsAgainAfterReset = false }) is not null);

    [Fact]
    public void Same_seed_leads_to_the_same_trace()
    {
        static string Trace()
        {
            var world = new World(7) { Trace = [] };
            world.Run(FaultyTurns);
            return string.Join('\n', world.Trace);
        }

        Assert.Equal(Trace(), Trace());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Successor_of_a_group_that_has_committed_nothing_does_not_publish_before_it(int seed) => Assert.Null(WalkLate(seed));

    [Theory]
    [InlineData(111)]
    public void Group_that_read_nothing_needs_no_commit_to_end(int seed) => Assert.Null(Walk(seed));

    [Theory]
    [InlineData(99)]
    [InlineData(204)]
    [InlineData(234)]
    public void Task_adopted_into_a_group_that_has_just_published_is_finished_with_it(int seed) => Assert.Null(Walk(seed));

    private static void NoneFails(int seeds, Func<int, string?> walk)
    {
        var problems = Enumerable.Range(Setting("WALK_FIRST", 1), seeds).AsParallel().Select(seed => (Seed: seed, Problem: walk(seed))).Where(f => f.Problem is not null).OrderBy(f => f.Seed).ToList();
        Assert.True(problems.Count == 0, $"{problems.Count} seeds fail: " + string.Join("\n", problems.Take(8).Select(f => $"seed {f.Seed}: {f.Problem}")));
    }

    private static string? Walk(int seed) => Walk(seed, FaultyTurns, TimeSpan.Zero);

    private static string? WalkLate(int seed) => Walk(seed, turns: 400, publishesFrom: TimeSpan.FromSeconds(seed % 2 == 0 ? 40 : 70));

    private static string? Walk(int seed, int turns, TimeSpan publishesFrom, bool resets = false)
    {
        var folder = Environment.GetEnvironmentVariable("WALK_TRACE");
        var world = new World(seed) { Trace = folder is null ? null : [], PublishesFrom = publishesFrom, Resets = resets };
        var problem = Problem(world, turns);
        if (problem is not null && folder is not null) File.WriteAllLines(Path.Combine(folder, $"seed-{seed}{(publishesFrom > TimeSpan.Zero ? "-late" : "")}.txt"), world.Trace!.Append(problem));
        return problem;
    }

    private static string? Problem(World world, int turns = FaultyTurns)
    {
        try
        {
            world.Run(turns);
            world.CalmDown();
            var until = world.Elapsed + CalmWithin;
            while (!world.IsCalm())
            {
                if (world.Elapsed > until) return "no calm: " + world.Describe();
                world.Run(20);
            }
            return null;
        }
        catch (Exception e) when (e is InvariantViolation or Xunit.Sdk.XunitException)
        {
            return e.ToString();
        }
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
