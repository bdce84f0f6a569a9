namespace Ingestion.Supervisor.Tests.Walk;

/// <summary>Random walks through all that may happen: whatever order it comes in, each record is published once, and once the faults stop all
/// is well again within a bound. A failure names its seed; <see cref="Seeds_that_found_a_bug_stay_good"/> keeps those that were worth it.</summary>
public sealed class WalkTests
{
    private const int Seeds = 300;
    private static readonly TimeSpan CalmWithin = TimeSpan.FromMinutes(15);

    [Fact]
    public void Every_record_is_published_once_and_calm_returns_after_any_faults()
    {
        var first = int.Parse(Environment.GetEnvironmentVariable("WALK_FIRST") ?? "1");
        var count = int.Parse(Environment.GetEnvironmentVariable("WALK_SEEDS") ?? Seeds.ToString());
        var failures = Enumerable.Range(first, count).AsParallel().WithDegreeOfParallelism(2).Select(seed => (Seed: seed, Problem: Walk(seed))).Where(f => f.Problem is not null).OrderBy(f => f.Seed).ToList();
        TestContext.Current.SendDiagnosticMessage($"{Steps} steps");
        Console.WriteLine($"{Steps} steps");
        Assert.True(failures.Count == 0, $"{failures.Count} seeds fail: " + string.Join("\n", failures.Take(8).Select(f => $"seed {f.Seed}: {f.Problem}")));
    }

    private static long Steps;
    private static string? Walk(int seed)
    {
        var folder = Environment.GetEnvironmentVariable("WALK_TRACE");
        var world = new World(seed) { Trace = folder is null ? null : [] };
        try
        {
            world.Run(900);
            world.CalmDown();
            var calmedDown = world.Elapsed;
            while (!world.IsCalm())
            {
                world.Run(20);
                if (world.Elapsed - calmedDown > CalmWithin) return Told(world, seed, "no calm: " + world.Describe());
            }
            Interlocked.Add(ref Steps, world.Steps);
            return null;
        }
        catch (Exception e)
        {
            return Told(world, seed, $"{e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("Supervisor."))}");
        }
    }

    private static string Told(World world, int seed, string problem)
    {
        if (world.Trace is { } trace) File.WriteAllLines(Path.Combine(Environment.GetEnvironmentVariable("WALK_TRACE")!, $"seed-{seed}.txt"), trace.Append(problem));
        return problem;
    }
}
