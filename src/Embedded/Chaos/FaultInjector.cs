using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Ingestion.Embedded.Chaos;

/// <summary>Brings faults about and puts them right, and keeps a journal of both.</summary>
/// <param name="say">Told each fault as it begins.</param>
public sealed class FaultInjector(ChaosCluster chaos, Action<string> say)
{
    private const int StartAttempts = 5;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> journal = new();
    private readonly ConcurrentQueue<string> problems = new();

    /// <summary>What was done when, by the clock that the logs have too.</summary>
    public IEnumerable<string> Journal => journal;

    /// <summary>What nobody did: parts that had ended by themselves.</summary>
    public IReadOnlyCollection<string> Problems => problems;

    /// <summary>Until the last fault is over.</summary>
    public async Task RunAsync(IReadOnlyList<Fault> plan)
    {
        var clock = Stopwatch.StartNew();
        var faults = new List<Task>();
        foreach (var fault in plan)
        {
            if (fault.At - clock.Elapsed is var wait && wait > TimeSpan.Zero) await Task.Delay(wait);
            faults.Add(InflictAsync(fault));
        }
        await Task.WhenAll(faults);
        foreach (var part in chaos.Cluster.Overlords.Concat(chaos.Cluster.Workers)) NoteIfEnded(part);
    }

    private async Task InflictAsync(Fault fault)
    {
        var turn = turns.GetOrAdd(fault.Place, _ => new SemaphoreSlim(1));
        await turn.WaitAsync();
        try
        {
            say($"{fault}");
            Note($"begins: {fault}");
            await (fault.Target switch
            {
                FaultTarget.Overlord => FailAsync(chaos.Cluster.Overlords[fault.Number], chaos.OverlordProxies[fault.Number], fault),
                FaultTarget.Worker => FailAsync(chaos.Cluster.Workers[fault.Number], chaos.WorkerProxies[fault.Number], fault),
                FaultTarget.OverlordsDatabase => CutAsync(chaos.DatabaseProxies[fault.Number], fault),
                FaultTarget.Postgres when fault.Kind == FaultKind.Suspend => HangAsync(chaos.Postgres.Suspend, chaos.Postgres.Resume, fault),
                FaultTarget.Postgres => ServerAsync(fault.Kind == FaultKind.Kill ? chaos.Postgres.CrashAsync : chaos.Postgres.StopAsync, chaos.Postgres.RestartAsync, fault),
                FaultTarget.Kafka when fault.Kind == FaultKind.Suspend => HangAsync(chaos.Kafka.Suspend, chaos.Kafka.Resume, fault),
                FaultTarget.Kafka when fault.Kind is FaultKind.Kill or FaultKind.Restart => ServerAsync(fault.Kind == FaultKind.Kill ? chaos.Kafka.KillAsync : chaos.Kafka.StopAsync, chaos.Kafka.RestartAsync, fault),
                FaultTarget.Kafka => CutAsync(chaos.KafkaProxy, fault),
                _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
            });
            Note($"is over: {fault}");
        }
        finally { turn.Release(); }
    }

    private async Task FailAsync(Part part, TcpProxy proxy, Fault fault)
    {
        NoteIfEnded(part);
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await part.KillAsync();
                proxy.Refuse(); // as the machine of a process that is gone does
                await Task.Delay(fault.Lasting);
                await part.StartAsync();
                proxy.Mend();
                break;
            case FaultKind.Restart:
                await part.StopAsync();
                proxy.Refuse();
                await part.StartAsync();
                proxy.Mend();
                break;
            case FaultKind.Suspend:
                await HangAsync(part.Suspend, part.Resume, fault);
                break;
            default:
                await CutAsync(proxy, fault);
                break;
        }
    }

    private static async Task CutAsync(TcpProxy proxy, Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Refuse: proxy.Refuse(); break;
            case FaultKind.Silence: proxy.FallSilent(); break;
            case FaultKind.Forget: proxy.Forget(); break;
            default: throw new InvalidOperationException($"{fault.Kind} is nothing that a network does");
        }
        await Task.Delay(fault.Lasting);
        proxy.Mend();
    }

    private static async Task HangAsync(Action suspend, Action resume, Fault fault)
    {
        suspend();
        try { await Task.Delay(fault.Lasting); }
        finally { resume(); }
    }

    private async Task ServerAsync(Func<Task> end, Func<Task> start, Fault fault)
    {
        await end();
        await Task.Delay(fault.Lasting);
        for (var attempt = 1; ; attempt++)
        {
            try { await start(); return; }
            catch (InvalidOperationException e) when (attempt < StartAttempts)
            {
                Note($"{fault.Place} does not start yet: {e.Message}"); // an outgoing connection may have its port for a moment
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    private void NoteIfEnded(Part part)
    {
        if (!part.IsRunning) problems.Enqueue($"{part.Name} has ended by itself; the end of {part.LogPath}:\n{ChildProcess.Tail(part.LogPath, 10)}");
    }

    private void Note(string what) => journal.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {what}"));
}
