using System.Globalization;

namespace Ingestion.Bench;

/// <summary>CPU time and memory of a process, all its threads, as the kernel counts them (proc(5)).</summary>
internal sealed class MeasuredProcess(int id)
{
    private const double TicksPerSecond = 100; // USER_HZ of every Linux on x86-64 and arm64

    public int Id => id;

    /// <summary>User plus system time since exec, in seconds.</summary>
    public double CpuSeconds()
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // the name before it may hold anything
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Highest resident set so far, in MiB.</summary>
    public double PeakRssMib() => Status("VmHWM:") / 1024;

    /// <summary>Resident set, in MiB.</summary>
    public double RssMib() => Status("VmRSS:") / 1024;

    public int Threads() => (int)Status("Threads:");

    private double Status(string field)
    {
        var line = File.ReadLines($"/proc/{id}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>The process whose command line has the text; null while there is none.</summary>
    public static MeasuredProcess? Find(string text) => Directory.EnumerateDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out var pid) && CommandLine(pid).Contains(text, StringComparison.Ordinal) ? pid : 0)
        .FirstOrDefault(pid => pid != 0 && pid != Environment.ProcessId) is var found and not 0 ? new MeasuredProcess(found) : null;

    private static string CommandLine(int pid)
    {
        try { return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' '); }
        catch (IOException) { return ""; } // it has just ended
    }
}
