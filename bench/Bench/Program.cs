using Ingestion.Bench;

// Each bench prints its progress on standard error and one JSON object, all figures, as the last line of standard output.
switch (args)
{
    case ["ingest", .. var options]: return await IngestBench.RunAsync(options.Contains("--druid"), options.SkipWhile(o => o != "--input").Skip(1).FirstOrDefault());
    case ["rollover", ..]: return await RolloverBench.RunAsync();
    case ["start", ..]: return await StartBench.RunAsync();
    case ["limit", var kind, var workload, var bootstrapServers]: return Limits.Run(kind, workload, bootstrapServers);
    default:
        Console.Error.WriteLine("bench/ingest [--druid] [--input wikipedia|generated] | bench/rollover | bench/start");
        return 2;
}
