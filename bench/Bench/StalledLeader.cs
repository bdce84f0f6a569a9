using System.Text.RegularExpressions;
using Npgsql;

namespace Ingestion.Bench;

/// <summary>The part of <c>bench/failover</c> in which a leader with 20 workers stands still for 3 s, as in a long collection: none of them may be taken for lost.</summary>
internal static partial class StalledLeader
{
    private const int Workers = 20, Supervisors = 20;
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(3), Recovery = TimeSpan.FromSeconds(3);

    public static async Task<object> RunAsync(BenchWorld world, int rounds, List<string> missed)
    {
        await ManySupervisors.CreateTopicsAsync(world);
        await using var many = await ManySupervisors.StartAsync(world, Supervisors, Workers);
        await many.PostAsync();
        await many.UntilRunningAsync();
        await using var database = NpgsqlDataSource.Create(await world.DatabaseAsync($"of{Supervisors}"));
        var tasks = await TasksAsync(database);
        var standsDown = 0;
        for (var round = 1; round <= rounds; round++)
        {
            var before = File.ReadAllText(many.Stack.Overlord!.LogPath).Length;
            many.Stack.Overlord.Suspend();
            await Task.Delay(Stall);
            many.Stack.Overlord.Resume();
            await Task.Delay(Recovery);
            await many.UntilRunningAsync();
            var log = File.ReadAllText(many.Stack.Overlord.LogPath)[before..];
            var (lost, listed) = (Lost().Count(log), (await many.Stack.Client.GetAsync("/druid/indexer/v1/workers")).GetArrayLength());
            standsDown += Over().Count(log);
            BenchWorld.Progress($"stalled {round} of {rounds}: {lost} workers were taken for lost, {listed} are listed");
            if (lost > 0 || listed != Workers) missed.Add($"stalled, round {round}: {lost} of {Workers} workers were taken for lost, {listed} are listed afterwards");
        }
        if (await TasksAsync(database) != tasks) missed.Add("stalled: tasks were replaced");
        return new { rounds, workers = Workers, stall_s = Stall.TotalSeconds, leadership_given_up = standsDown };
    }

    private static async Task<string> TasksAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT coalesce(string_agg(id, ',' ORDER BY id), '') FROM druid_tasks WHERE active");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    [GeneratedRegex("Previously active node is missing")]
    private static partial Regex Lost();

    [GeneratedRegex("Leadership of epoch [0-9]+ is over")]
    private static partial Regex Over();
}
