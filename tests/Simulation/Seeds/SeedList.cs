using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Ingestion.Simulation.Seeds;

/// <summary>Which seeds are run.</summary>
internal static class SeedList
{
    /// <summary>The commit that was built, so that a second run of the same commit finds the same.</summary>
    public static string Commit { get; } = typeof(SeedList).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion is { } version && version.Contains('+', StringComparison.Ordinal)
        ? version[(version.IndexOf('+', StringComparison.Ordinal) + 1)..] : "no commit";

    public static IReadOnlyList<int> OfCommit(int count)
    {
        var first = BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(Commit)), 0) & 0x3FFFFFFF;
        return [.. Enumerable.Range(0, count).Select(n => first + n)];
    }

    /// <summary>Those that ever failed, with the length of their worlds in minutes.</summary>
    public static IReadOnlyList<(int Seed, int Minutes)> Failed()
    {
        using var reader = new StreamReader(typeof(SeedList).Assembly.GetManifestResourceStream("failed.txt")!);
        return [.. reader.ReadToEnd().Split('\n').Select(l => l.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 0).Select(w => (int.Parse(w[0], CultureInfo.InvariantCulture), int.Parse(w[1], CultureInfo.InvariantCulture)))];
    }

    /// <summary>Runs a function for each, on threads of their own (a world's continuations must stay on the thread that runs it), as many as there are cores.</summary>
    public static IReadOnlyList<T> RunAll<T>(IReadOnlyList<int> seeds, Func<int, T> run, Func<T, bool>? isEnough = null)
    {
        var results = new ConcurrentBag<(int At, T Result)>();
        var next = -1;
        var isOver = false;
        void Work()
        {
            for (var at = Interlocked.Increment(ref next); at < seeds.Count && !Volatile.Read(ref isOver); at = Interlocked.Increment(ref next))
            {
                var result = run(seeds[at]);
                results.Add((at, result));
                if (isEnough is not null && isEnough(result)) Volatile.Write(ref isOver, true);
            }
        }
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(n => new Thread(Work) { Name = $"worlds {n}" }).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return [.. results.OrderBy(r => r.At).Select(r => r.Result)];
    }
}
