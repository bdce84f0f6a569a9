using System.Globalization;

namespace Ingestion.Bench;

/// <summary>How busy the machine is that everything runs on: what has just been started compiles itself for a while, and would be measured instead of what is.</summary>
internal static class Machine
{
    private const double Busy = 0.5; // of all cores
    private const int Calm = 2; // windows in a row
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(90);

    /// <summary>Until less than half of all cores has been in use for two seconds; says so where that takes longer than 90 s, and lets go on.</summary>
    public static async Task UntilAtRestAsync()
    {
        var (calm, share) = (0, 1.0);
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Window)
        {
            var before = Times();
            await Task.Delay(Window);
            var after = Times();
            share = (double)(after.InUse - before.InUse) / Math.Max(1, after.All - before.All);
            calm = share < Busy ? calm + 1 : 0;
            if (calm == Calm) return;
        }
        BenchWorld.Progress(string.Create(CultureInfo.InvariantCulture, $"this machine does not come to rest: {share:P0} of its cores is in use"));
    }

    /// <summary>In ticks since it was started, by proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal.</summary>
    private static (long InUse, long All) Times()
    {
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(t => long.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        return (ticks.Sum() - ticks[3] - ticks[4], ticks.Sum());
    }
}
