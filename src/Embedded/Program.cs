using System.Runtime.InteropServices;
using Ingestion.Embedded;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop); // the terminal was closed
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return args switch
    {
        ["demo", var root, .. var options] => await new Demo(Path.GetFullPath(root), options.Contains("--exit"), options.Contains("--again")).RunAsync(stop.Token),
        ["dev-broker"] => await DevBroker.RunAsync(stop.Token),
        _ => Usage(),
    };
}
catch (Exception e) when (e is InvalidOperationException or FormatException or ArgumentException or IOException or HttpRequestException or Npgsql.NpgsqlException or Confluent.Kafka.KafkaException or OperationCanceledException)
{
    Console.Error.WriteLine(e is OperationCanceledException ? "stopped" : e.Message);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true; // end in order: what was started is stopped
    stop.Cancel();
}

static int Usage()
{
    Console.Error.WriteLine("embedded demo ROOT [--exit] [--again]   run the demo of ./run\nembedded dev-broker                    librdkafka's mock cluster, until stopped");
    return 2;
}
