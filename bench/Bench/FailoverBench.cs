using System.Globalization;
using System.Text.Json;
using Ingestion.Embedded.Chaos;

namespace Ingestion.Bench;

/// <summary><c>bench/failover</c>: how long it takes until another overlord leads, in every way in which a leader can go, and what is noticed of it. The worst of all rounds counts.</summary>
internal static class FailoverBench
{
    private const int Rounds = 20, Supervisors = 50;
    private const double ReconciledGoal = 1_000, PlannedGoal = 500, ReadingGoal = 1_000, ProxyGoal = 3_000, LeaseMillis = 5_000, KilledGoal = 1_000;
    private static readonly string[] All = ["killed", "planned", "hung", "transaction", "proxy", "stalled"];

    /// <param name="options">The number of rounds, <c>--only PART,...</c>, <c>--supervisors N</c>, <c>--goal SECONDS</c> until a killed leader is replaced, and <c>--overlord OPTION...</c>, the rest, for every overlord.</param>
    /// <returns>0: every goal is reached; 1: standard error says which are not.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> options)
    {
        var own = options.TakeWhile(o => o != "--overlord").ToList();
        var overlord = options.Skip(own.Count + 1).ToList();
        var rounds = own is [var number, ..] && !number.StartsWith("--", StringComparison.Ordinal) ? int.Parse(number, CultureInfo.InvariantCulture) : Rounds;
        var parts = Value(own, "--only")?.Split(',') ?? All;
        var killedGoal = Value(own, "--goal") is { } seconds ? double.Parse(seconds, CultureInfo.InvariantCulture) * 1_000 : KilledGoal;
        var supervisors = Value(own, "--supervisors") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : Supervisors;
        if (parts.Except(All).ToList() is [var unknown, ..]) throw new FormatException($"--only [{unknown}] is none of {string.Join(", ", All)}");

        var missed = new List<string>();
        var result = new Dictionary<string, object>(StringComparer.Ordinal);
        await using var world = await BenchWorld.StartAsync();
        if (parts.Intersect(["killed", "planned", "hung", "transaction"]).Any())
        {
            await using var led = await LedCluster.StartAsync(world, "failover", overlords: 2, supervisors, overlord);
            if (parts.Contains("killed")) result["killed"] = await EndAsync(led, "killed", rounds, killedGoal, part => part.KillAsync(), missed);
            if (parts.Contains("planned")) result["planned"] = await EndAsync(led, "planned", rounds, PlannedGoal, part => part.StopAsync(), missed);
            if (parts.Contains("hung")) result["hung"] = await new HungLeader(led, Math.Max(LeaseMillis, killedGoal), missed).RunAsync("hung", rounds, isInTransaction: false);
            if (parts.Contains("transaction")) result["transaction"] = await new HungLeader(led, Math.Max(LeaseMillis, killedGoal), missed).RunAsync("transaction", rounds, isInTransaction: true);
        }
        if (parts.Contains("proxy"))
        {
            await using var led = await LedCluster.StartAsync(world, "proxied", overlords: 3, supervisors: 5, overlord);
            result["proxy"] = await BehindProxy.RunAsync(led, rounds, Math.Max(ProxyGoal, killedGoal + ProxyGoal - KilledGoal), missed);
        }
        if (parts.Contains("stalled")) result["stalled"] = await StalledLeader.RunAsync(world, rounds, missed);
        foreach (var goal in missed) BenchWorld.Progress($"missed: {goal}");
        Console.WriteLine(JsonSerializer.Serialize(result));
        return missed.Count == 0 ? 0 : 1;
    }

    /// <summary>The leader's process ends, and is started again as a standby.</summary>
    private static async Task<object> EndAsync(LedCluster led, string name, int rounds, double goal, Func<Part, Task> end, List<string> missed)
    {
        var takeOvers = new List<TakeOver>();
        for (var round = 1; round <= rounds; round++)
        {
            var takeOver = await led.TakeOverAsync(end);
            BenchWorld.Progress($"{name} {round} of {rounds}: {takeOver.Next.Name} leads after {takeOver.LeadsMillis:0} ms, knows all after {takeOver.ReconciledMillis:0} ms more, reading stood still for at most {takeOver.GapMillis:0} ms");
            takeOvers.Add(takeOver);
            await led.RestoreAsync(takeOver.Old);
        }
        Goal(missed, name, "until another leads", takeOvers.Max(t => t.LeadsMillis), goal);
        Goal(missed, name, "until it knows all", takeOvers.Max(t => t.ReconciledMillis), ReconciledGoal);
        Goal(missed, name, "without reading", takeOvers.Max(t => t.GapMillis), ReadingGoal);
        return new
        {
            leads_ms = Figures.Of(takeOvers.Select(t => t.LeadsMillis)), reconciled_ms = Figures.Of(takeOvers.Select(t => t.ReconciledMillis)), reading_gap_ms = Figures.Of(takeOvers.Select(t => t.GapMillis)), supervisors = led.Supervisors,
        };
    }

    public static void Goal(List<string> missed, string part, string what, double millis, double goal)
    {
        if (millis >= goal) missed.Add(string.Create(CultureInfo.InvariantCulture, $"{part}: {millis:0} ms {what}, not under {goal:0}"));
    }

    private static string? Value(List<string> options, string name) => options.SkipWhile(o => o != name).Skip(1).FirstOrDefault();
}
