using Ingestion.IndexTask.Hosting;

try
{
    return args is ["dump-segment", ..] ? SegmentDump.Run(args[1..]) : await Worker.Run(args);
}
catch (FormatException problem)
{
    await Console.Error.WriteLineAsync($"worker: {problem.Message}\n{WorkerOptions.Usage}");
    return 2;
}
