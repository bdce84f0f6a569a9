using Ingestion.Bench;

// Each bench prints its progress on standard error and one JSON object, all figures, as the last line of standard output.
try
{
    return args switch
    {
        ["api"] => await ApiBench.RunAsync(),
        ["chaos", .. var options] => await ChaosBench.RunAsync(options),
        ["failover", .. var options] => await FailoverBench.RunAsync(options),
        ["ingest", .. var options] => await IngestBench.RunAsync(options.Contains("--druid"), options.SkipWhile(o => o != "--input").Skip(1).FirstOrDefault()),
        ["rollover", .. var number] => await RolloverBench.RunAsync(number is [] ? 50 : int.Parse(number[0], System.Globalization.CultureInfo.InvariantCulture)),
        ["scaling"] => await ScalingBench.RunAsync(),
        ["start", ..] => await StartBench.RunAsync(),
        ["supervisors", .. var sizes] => await SupervisorsBench.RunAsync(sizes is [] ? [100, 1_000] : sizes.Select(s => int.Parse(s, System.Globalization.CultureInfo.InvariantCulture))),
        ["worker-loss", .. var number] => await WorkerLossBench.RunAsync(number is [] ? 20 : int.Parse(number[0], System.Globalization.CultureInfo.InvariantCulture)),
        ["workers"] => await WorkersBench.RunAsync(),
        ["limit", var kind, var workload, var bootstrapServers] => Limits.Run(kind, workload, bootstrapServers),
        _ => Usage(),
    };
}
catch (Exception e) when (e is InvalidOperationException or TimeoutException or HttpRequestException or FormatException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static int Usage()
{
    Console.Error.WriteLine("bench/api | bench/chaos [FAULTS] [--seed N] [--forget] | bench/failover [ROUNDS] [--only PART,..] [--supervisors N] [--goal SECONDS] [--overlord OPTION..] | bench/ingest [--druid] [--input wikipedia|generated] | bench/rollover [NUMBER] | bench/scaling | bench/start | bench/supervisors [NUMBER]... | bench/worker-loss [ROUNDS] | bench/workers");
    return 2;
}
