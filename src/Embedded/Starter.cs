using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ingestion.Embedded;

/// <summary>Starts processes from one thread that lives as long as we do: Linux sends the parent-death signal (prctl PR_SET_PDEATHSIG) when the
/// <em>thread</em> that started a process ends, and threads of the pool come and go.</summary>
internal static class Starter
{
    private static readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process?> Started)> Requests = [];

    static Starter() => new Thread(Serve) { IsBackground = true, Name = "process starter" }.Start();

    public static Task<Process?> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add((start, started));
        return started.Task;
    }

    private static void Serve()
    {
        foreach (var (start, started) in Requests.GetConsumingEnumerable())
        {
            try { started.SetResult(Process.Start(start)); }
            catch (Exception e) { started.SetException(e); }
        }
    }
}
