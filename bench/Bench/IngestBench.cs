using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Npgsql;

namespace Ingestion.Bench;

/// <summary><c>bench/ingest</c>: events per CPU-second from start to published, beside the limits of the consumer and the parser alone, and
/// with <c>--druid</c> beside a real Druid on the same topic.</summary>
internal static class IngestBench
{
    private const int Partitions = 2;
    private static readonly TimeSpan DruidLimit = TimeSpan.FromMinutes(4);

    /// <param name="only">One of the inputs alone, and without the limits; null: all.</param>
    public static async Task<int> RunAsync(bool druid, string? only)
    {
        await using var world = await BenchWorld.StartAsync();
        var result = new JsonObject();
        foreach (var input in only is null ? [Inputs.Wikipedia, Inputs.Generated] : new[] { only })
        {
            await world.FillAsync(input, Partitions, Inputs.Of(input));
            var totals = Inputs.Totals(input);
            foreach (var workload in (Workload[])[Workload.Raw(input), Workload.Rollup(input)])
            {
                var name = input == Inputs.Wikipedia ? workload.Name : $"{input}_{workload.Name}";
                var figures = await OursAsync(world, workload, name, totals);
                var json = (JsonObject)JsonSerializer.SerializeToNode(figures.Json)!;
                if (druid && input == Inputs.Wikipedia)
                {
                    var theirs = await DruidAsync(world, workload, $"druid_{name}");
                    json["druid"] = JsonSerializer.SerializeToNode(theirs.Json);
                    json["ratio_to_druid"] = JsonSerializer.SerializeToNode(new
                    {
                        start_to_published_events_per_cpu_s = Math.Round(theirs.CpuSeconds / figures.CpuSeconds, 2),
                        reading_events_per_cpu_s = Math.Round(theirs.ReadingCpuSeconds / Math.Max(figures.ReadingCpuSeconds, 0.01), 2),
                        post_to_first_row = Math.Round(theirs.FirstRowSeconds / figures.FirstRowSeconds, 1),
                    });
                }
                result[name] = json;
            }
            if (only is not null) continue;
            result[$"limits_{input}"] = new JsonObject
            {
                ["consumer_events_per_cpu_s"] = await LimitAsync("consumer", input, world),
                ["parser_raw_events_per_cpu_s"] = await LimitAsync("parser-raw", input, world),
                ["parser_rollup_events_per_cpu_s"] = await LimitAsync("parser-rollup", input, world),
            };
        }
        if (only is null) result["limits"] = result["limits_wikipedia"]!.DeepClone();
        Console.WriteLine(result.ToJsonString());
        return 0;
    }

    private static async Task<IngestRun.Figures> OursAsync(BenchWorld world, Workload workload, string name, (long Rows, long Added, long Deleted, long Delta) totals)
    {
        var connection = await world.DatabaseAsync(name);
        await using var database = NpgsqlDataSource.Create(connection);
        var folder = Path.Combine(world.Folder, name);
        await using var stack = new Stack(folder, connection, Path.Combine(folder, "segments"));
        await stack.StartOverlordAsync();
        var worker = new MeasuredProcess((await stack.StartWorkerAsync()).Id);
        var figures = await IngestRun.MeasureAsync(stack.Client, name, workload.Spec(name, workload.Input, world.Kafka.BootstrapServers).ToJsonString(), Inputs.Events, database, () => worker);
        string[] columns = workload.IsRollup ? ["count", "added", "deleted", "delta"] : ["added", "deleted", "delta"];
        var (stored, sums, bytes) = await BenchWorld.SegmentTotalsAsync(database, name, columns);
        var rows = workload.IsRollup ? sums["count"] : stored;
        if ((rows, sums["added"], sums["deleted"], sums["delta"]) != totals)
            throw new InvalidOperationException($"{name}: the segments hold {(rows, sums["added"], sums["deleted"], sums["delta"])}, the input {totals}");
        BenchWorld.Progress($"{name}: {Inputs.Events / figures.CpuSeconds:N0} events per CPU-second from start to published ({figures.CpuSeconds:0.00} s), {stored:N0} rows in {bytes:N0} bytes, sums right");
        return figures;
    }

    private static async Task<IngestRun.Figures> DruidAsync(BenchWorld world, Workload workload, string name)
    {
        if (Environment.GetEnvironmentVariable("DRUID_START") is not { Length: > 0 } script) throw new InvalidOperationException("--druid needs DRUID_START to name a script that starts a Druid");
        var connection = await world.DatabaseAsync(name);
        await using var database = NpgsqlDataSource.Create(connection);
        var folder = Path.Combine(world.Folder, name);
        Directory.CreateDirectory(folder);
        var basePort = Ports.Free(94);
        BenchWorld.Progress("starting Druid");
        await RunAsync(script, folder, "start", folder, $"{basePort}", $"jdbc:postgresql://127.0.0.1:{world.Postgres.Port}/{name}?user={PrivatePostgres.SuperUser}", "zk", "coordinator", "overlord", "middleManager");
        try
        {
            using var overlord = new OverlordClient(new Uri($"http://localhost:{basePort + 90}"));
            await Task.Delay(TimeSpan.FromSeconds(3)); // its leader needs a moment after it says that it is healthy
            var figures = await IngestRun.MeasureAsync(overlord, name, workload.Spec(name, workload.Input, world.Kafka.BootstrapServers).ToJsonString(), Inputs.Events, database, () => MeasuredProcess.Find($"{folder}/task-middleManager/"), isOurs: false);
            BenchWorld.Progress($"{name}: {Inputs.Events / figures.CpuSeconds:N0} events per CPU-second from start to published ({figures.CpuSeconds:0.00} s)");
            return figures;
        }
        finally { await RunAsync(script, folder, "stop", folder); }
    }

    /// <summary>In a process of its own, so that nothing else is counted.</summary>
    private static async Task<double> LimitAsync(string kind, string input, BenchWorld world)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["limit", kind, input, world.Kafka.BootstrapServers]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"the limit {kind} ended with code {process.ExitCode}");
        var rate = double.Parse(output, System.Globalization.CultureInfo.InvariantCulture);
        BenchWorld.Progress($"{kind} alone, {input}: {rate:N0} events per CPU-second");
        return rate;
    }

    private static Task RunAsync(string script, string folder, params string[] arguments) =>
        ServerScript.RunAsync(script, Path.Combine(folder, "script.log"), DruidLimit, arguments);
}
