using System.Diagnostics;
using System.Text.Json;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary><c>bench/start</c>: from the POST of a new spec until its first event is read, over several specs.</summary>
internal static class StartBench
{
    private const int Runs = 10;

    public static async Task<int> RunAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        await world.FillAsync("start", 1, Sample.Read(Sample.Find()).Take(1_000));
        var folder = Path.Combine(world.Folder, "stack");
        await using var stack = new Stack(folder, await world.DatabaseAsync("start"), Path.Combine(folder, "segments"));
        await stack.StartOverlordAsync();
        await stack.StartWorkerAsync(capacity: Runs + 1);
        for (var patience = Stopwatch.StartNew(); (await stack.Client.GetAsync("/druid/indexer/v1/workers")).GetArrayLength() == 0; await Task.Delay(10))
            if (patience.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException("the worker did not announce itself within 30 s");
        using var http = new HttpClient();
        var millis = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            var name = $"start{run}";
            var clock = Stopwatch.StartNew();
            await stack.Client.PostSpecAsync(Workload.Raw("start").Spec(name, "start", world.Kafka.BootstrapServers).ToJsonString());
            Uri? offsets = null;
            while (offsets is null || await IngestRun.ReadAsync(http, offsets) is not > 0)
            {
                if (clock.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException("no event was read within 30 s");
                offsets ??= (await IngestRun.ChatsAsync(stack.Client, name)).FirstOrDefault();
                await Task.Delay(2);
            }
            millis.Add(clock.Elapsed.TotalMilliseconds);
            BenchWorld.Progress($"{name}: first event read {clock.ElapsedMilliseconds} ms after the POST");
        }
        // The first run is cold: it compiles what the others find compiled.
        var warm = millis.Skip(1).Order().ToList();
        Console.WriteLine(JsonSerializer.Serialize(new { post_to_first_event_ms = new { cold = Math.Round(millis[0]), p50 = Math.Round(warm[warm.Count / 2]), max = Math.Round(warm[^1]) }, runs = Runs }));
        return 0;
    }
}
