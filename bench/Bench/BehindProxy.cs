using System.Collections.Concurrent;
using System.Diagnostics;
using Ingestion.Embedded.Chaos;

namespace Ingestion.Bench;

/// <summary>The part of <c>bench/failover</c> in which a client knows one address alone, that of a proxy before three overlords: the leader is killed, and then the one that follows it.</summary>
internal static class BehindProxy
{
    private const string Asked = "/druid/indexer/v1/supervisor"; // which only the leader answers
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20), Patience = TimeSpan.FromSeconds(30), Between = TimeSpan.FromSeconds(1);

    /// <param name="kills">Of leaders, two of which come one after the other.</param>
    public static async Task<object> RunAsync(LedCluster led, int kills, double goal, List<string> missed)
    {
        await using var proxy = await CheckedProxy.StartAsync([.. led.Processes.Overlords.Select(o => o.Address)], Path.GetDirectoryName(led.Processes.DeepStorage)!);
        await using var client = new Client(proxy.Address);
        await client.UntilAnsweredAsync(Stopwatch.GetTimestamp());
        var outages = new List<double>();
        while (outages.Count < kills)
        {
            var killed = new List<Part>();
            for (var which = 0; which < 2; which++)
            {
                var leader = await led.Processes.UntilLeaderAsync();
                var at = Stopwatch.GetTimestamp();
                var ending = leader.KillAsync();
                var outage = await client.UntilAnsweredAsync(at);
                await ending;
                killed.Add(leader);
                outages.Add(outage.TotalMilliseconds);
                BenchWorld.Progress($"proxy {outages.Count} of {kills}: {leader.Name} was killed, a client is answered again after {outage.TotalMilliseconds:0} ms");
                await Task.Delay(Between);
            }
            foreach (var overlord in killed) await led.RestoreAsync(overlord);
        }
        FailoverBench.Goal(missed, "proxy", "until a client is answered again", outages.Max(), goal);
        return new { outage_ms = Figures.Of(outages), proxy = proxy.Name, overlords = led.Processes.Overlords.Count };
    }

    /// <summary>Asks every 20 ms, whether it is answered or not.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly HttpClient http;
        private readonly CancellationTokenSource stop = new();
        private readonly ConcurrentQueue<(long Asked, long Answered)> successes = new();
        private readonly Task asking;

        public Client(Uri address)
        {
            http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(1) };
            asking = AskAsync();
        }

        /// <summary>Since then, until something that was asked later has been answered.</summary>
        public async Task<TimeSpan> UntilAnsweredAsync(long since)
        {
            while (Stopwatch.GetElapsedTime(since) < Patience)
            {
                while (successes.TryDequeue(out var success))
                    if (success.Asked > since) return Stopwatch.GetElapsedTime(since, success.Answered);
                await Task.Delay(5);
            }
            throw new TimeoutException($"nobody answered through the proxy within {Patience.TotalSeconds} s");
        }

        private async Task AskAsync()
        {
            using var timer = new PeriodicTimer(Period);
            while (!stop.IsCancellationRequested)
            {
                _ = AskOnceAsync();
                Task tick = timer.WaitForNextTickAsync(stop.Token).AsTask();
                await tick.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private async Task AskOnceAsync()
        {
            var asked = Stopwatch.GetTimestamp();
            try
            {
                using var response = await http.GetAsync(Asked, stop.Token);
                if (response.IsSuccessStatusCode) successes.Enqueue((asked, Stopwatch.GetTimestamp()));
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException) { return; } // no answer, which the successes tell
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await asking;
            http.Dispose();
            stop.Dispose();
        }
    }
}
