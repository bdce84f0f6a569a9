using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Ingestion.Contracts.Tasks;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;
using Npgsql;

namespace Ingestion.Bench;

/// <summary>The part of <c>bench/failover</c> in which the leader is stopped with SIGSTOP: it is replaced, and when it goes on it changes nothing, says that its time is over, and stands by.</summary>
internal sealed partial class HungLeader(LedCluster led, double goal, List<string> missed)
{
    private const string Fingerprint = """
        SELECT md5(concat_ws(' ',
          (SELECT string_agg(id, ',' ORDER BY id) FROM druid_tasks WHERE active),
          (SELECT string_agg(spec_id, ',' ORDER BY id) FROM druid_supervisors),
          (SELECT string_agg(datasource || commit_metadata_sha1, ',' ORDER BY datasource) FROM druid_datasource),
          (SELECT count(*) FROM druid_segments),
          (SELECT epoch FROM ingestion_leader)))
        """;
    private static readonly TimeSpan StandsDown = TimeSpan.FromSeconds(3), AfterIt = TimeSpan.FromSeconds(1);

    /// <param name="isInTransaction">It is stopped in the middle of one: what the transaction waited for is there by then, so it stands open, with the epoch's row locked, and nobody goes on with it.</param>
    public async Task<object> RunAsync(string name, int rounds, bool isInTransaction)
    {
        await using var database = NpgsqlDataSource.Create(led.ConnectionString);
        var (leads, reconciled, gaps, answers) = (new List<double>(), new List<double>(), new List<double>(), new List<string>());
        var commanded = new List<int>();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };
        for (var round = 1; round <= rounds; round++)
        {
            Task<string>? reset = null;
            var takeOver = await led.TakeOverAsync(async leader =>
            {
                if (isInTransaction) reset = await InTransactionAsync(database, http, leader);
                else leader.Suspend();
            });
            var said = Said(takeOver.Old);
            commanded.AddRange(await CommandOfTheOldAsync(database, http));
            // What it is asked to do meanwhile it finds when it goes on.
            var late = AnswerAsync(http, new Uri(takeOver.Old.Address, "/druid/indexer/v1/supervisor"), NumberedEvents.Spec($"late{round}", "127.0.0.1:1", 1, 1, "PT1H"));
            var before = await ScalarAsync(database, Fingerprint);
            takeOver.Old.Resume();
            await led.Processes.UntilAsync($"{takeOver.Old.Name} stands down and says so", async () => !await led.Processes.LeadsAsync(takeOver.Old) && Said(takeOver.Old) > said, limit: StandsDown);
            answers.Add(await late);
            if (reset is not null) answers.Add(await reset);
            await Task.Delay(AfterIt);
            if (await ScalarAsync(database, Fingerprint) != before) missed.Add($"{name}, round {round}: the metadata changed when {takeOver.Old.Name} went on");
            BenchWorld.Progress($"{name} {round} of {rounds}: {takeOver.Next.Name} leads after {takeOver.LeadsMillis:0} ms, knows all after {takeOver.ReconciledMillis:0} ms more; the old one went on and answered {answers[^1]}");
            leads.Add(takeOver.LeadsMillis);
            reconciled.Add(takeOver.ReconciledMillis);
            gaps.Add(takeOver.GapMillis);
        }
        if (answers.FirstOrDefault(a => a.StartsWith('2')) is { } accepted) missed.Add($"{name}: a leader whose time was over answered {accepted}");
        if (commanded.FirstOrDefault(status => status != (int)HttpStatusCode.Conflict) is > 0 and var obeyed) missed.Add($"{name}: a worker answered {obeyed} to a command of an epoch that was over");
        FailoverBench.Goal(missed, name, "until another leads", leads.Max(), goal);
        return new { leads_ms = Figures.Of(leads), reconciled_ms = Figures.Of(reconciled), reading_gap_ms = Figures.Of(gaps), answers_of_the_old = answers.CountBy(a => a).ToDictionary(), answers_to_the_old_epoch = commanded.CountBy(status => status).ToDictionary(), refused_by_workers = led.Processes.Workers.Sum(w => Refused().Count(File.ReadAllText(w.LogPath))) };
    }

    /// <summary>Every worker is told to end a task, as the epoch before the current one might have told it. Whether the leader that was stopped has a command of its own to give when it goes on, before it notices that its
    /// time is over, is luck: its commands can be counted (<c>refused_by_workers</c>), and not required.</summary>
    /// <returns>What each answered.</returns>
    private async Task<IReadOnlyList<int>> CommandOfTheOldAsync(NpgsqlDataSource database, HttpClient http)
    {
        var old = long.Parse(await ScalarAsync(database, "SELECT epoch::text FROM ingestion_leader"), CultureInfo.InvariantCulture) - 1;
        var statuses = new List<int>();
        foreach (var worker in led.Processes.Workers)
        {
            var task = (await WorkerStates.OfAsync(http, worker.Address)).Tasks.First(t => t.Outcome == TaskOutcome.Running).Id;
            using var command = new HttpRequestMessage(HttpMethod.Post, new Uri(worker.Address, $"/druid/worker/v1/task/{CommandHeaders.Written(task)}/shutdown"));
            command.Headers.Add(CommandHeaders.Epoch, old.ToString(CultureInfo.InvariantCulture));
            using var response = await http.SendAsync(command);
            statuses.Add((int)response.StatusCode);
        }
        return statuses;
    }

    /// <summary>Has the leader reset a supervisor, which waits for a row that is locked here, and stops it then; afterwards the row is free.</summary>
    /// <returns>What it will have answered.</returns>
    private static async Task<Task<string>> InTransactionAsync(NpgsqlDataSource database, HttpClient http, Part leader)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT id FROM druid_tasks WHERE datasource = $1 AND active FOR UPDATE", connection, transaction) { Parameters = { new() { Value = LedCluster.Id(0) } } }) await hold.ExecuteNonQueryAsync();
        var reset = AnswerAsync(http, new Uri(leader.Address, $"/druid/indexer/v1/supervisor/{LedCluster.Id(0)}/reset"), "");
        await using (var waiting = database.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingestion-leader' AND wait_event_type = 'Lock'"))
            while (await waiting.ExecuteScalarAsync() is not > 0L)
            {
                if (reset.IsCompleted) throw new InvalidOperationException($"the reset did not wait for the row that it changes, but was answered {await reset}");
                await Task.Delay(5);
            }
        leader.Suspend();
        await transaction.RollbackAsync();
        return reset;
    }

    /// <summary>The status, or why there is none.</summary>
    private static async Task<string> AnswerAsync(HttpClient http, Uri address, string body)
    {
        try
        {
            using var response = await http.PostAsync(address, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
            return $"{(int)response.StatusCode}{(response.StatusCode == HttpStatusCode.TemporaryRedirect ? " to the new leader" : "")}";
        }
        catch (HttpRequestException e) { return e.Message; }
    }

    private static async Task<string> ScalarAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How often an overlord has logged that its leadership is over.</summary>
    private static int Said(Part overlord) => Over().Count(File.ReadAllText(overlord.LogPath));

    [GeneratedRegex("Leadership of epoch [0-9]+ is over")]
    private static partial Regex Over();

    [GeneratedRegex("epoch [0-9]+ is over: epoch")]
    private static partial Regex Refused();
}
