using Ingestion.Overlord.Commands;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Metadata;

if (args is ["hash-password", .. var rest]) return HashPassword.Run(rest, Console.In, Console.Out, Console.Error);
if (CommandLine.IsGiven(args)) return await CommandLine.RunAsync(args);

OverlordOptions options;
try
{
    if (args is ["--help" or "-h"]) { Console.WriteLine($"{OverlordOptions.Usage}\n\n{CommandLine.Usage}"); return 0; }
    options = OverlordOptions.Parse(args, Environment.GetEnvironmentVariable);
    _ = MetadataSetting.ToConnectionString(options.Metadata);
    _ = MetadataTables.FromSettings(options.Tables);
    options.Access.EnsureMayListen(options.Listen);
}
catch (Exception e) when (e is FormatException or ArgumentException)
{
    Console.Error.WriteLine($"overlord: {e.Message}\n\n{OverlordOptions.Usage}");
    return 2;
}
await using var app = OverlordHost.Build(options);
try { await OverlordHost.StartAsync(app, options); }
catch (IOException e)
{
    Console.Error.WriteLine($"overlord: cannot listen on {options.Listen}: {e.Message}");
    return 1;
}
await using var worker = options.WithWorker ? await WorkerInProcess.StartAsync(options, app) : null;
await app.WaitForShutdownAsync();
await OverlordHost.StopAsync(app);
if (app.Services.GetRequiredService<OverlordLeadership>().Refusal is not { } refusal) return 0;
Console.Error.WriteLine($"overlord: {refusal}");
return 2;
