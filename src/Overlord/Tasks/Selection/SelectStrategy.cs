using System.Collections.Immutable;

namespace Ingestion.Overlord.Tasks.Selection;

/// <summary>Which of the workers that could take a task gets it: Druid's select strategies (<c>WorkerSelectUtils</c>, <c>EqualDistributionWorkerSelectStrategy</c>,
/// <c>FillCapacityWorkerSelectStrategy</c>). First come the workers that the task prefers, then the others that it may go to; among equals the one with the most free slots, or, to fill workers up one after the
/// other, with the most used ones. Ties, which Druid leaves open, go to the lowest node id.</summary>
internal sealed record SelectStrategy
{
    /// <summary>Druid's: <c>equalDistribution</c>.</summary>
    public static readonly SelectStrategy Default = new();

    /// <summary><c>fillCapacity</c>; else <c>equalDistribution</c>.</summary>
    public bool FillsUp { get; init; }

    /// <summary>Null: there is none. Not together with <see cref="Categories"/>.</summary>
    public AffinityConfig? Affinity { get; init; }

    /// <summary>Null: there is none.</summary>
    public WorkerCategorySpec? Categories { get; init; }

    /// <summary>Of two that could take the task and that it prefers equally, whether it rather goes to the first.</summary>
    public bool Prefers((int Used, int Free, string NodeId) worker, (int Used, int Free, string NodeId) other)
    {
        var (mine, others) = FillsUp ? (worker.Used, other.Used) : (worker.Free, other.Free);
        return mine != others ? mine > others : string.CompareOrdinal(worker.NodeId, other.NodeId) < 0;
    }

    /// <summary>How near the worker is to the task: 0, or 1 for one that is good enough when none of those can take it; null: not at all.</summary>
    /// <param name="host">The worker's HOST:PORT.</param>
    public int? Distance(string host, string category, string taskType, string dataSource)
    {
        if (Affinity is { } affinity)
        {
            if (!affinity.HostsOf.TryGetValue(dataSource, out var hosts)) return affinity.AllHosts.Contains(host) ? null : 0;
            return hosts.Contains(host) ? 0 : affinity.IsStrong || affinity.AllHosts.Contains(host) ? null : 1;
        }
        return Categories?.Preferred(taskType, dataSource) is not { } preferred || preferred == category ? 0 : Categories.IsStrong ? null : 1;
    }

    /// <summary>Why <see cref="Distance"/> is null, in words.</summary>
    public string Exclusion(string host, string taskType, string dataSource) =>
        Affinity is { } affinity
            ? affinity.AllHosts.Contains(host) ? $"is reserved for other dataSources than [{dataSource}] (affinityConfig)" : $"is not among the workers of dataSource [{dataSource}] (affinityConfig, strong)"
            : $"is not of category [{Categories?.Preferred(taskType, dataSource)}] (workerCategorySpec, strong)";
}

/// <summary>Druid's <c>AffinityConfig</c>: workers that belong to dataSources, and take no others' tasks.</summary>
/// <param name="HostsOf">HOST:PORT of workers by dataSource.</param>
/// <param name="IsStrong">The dataSources named go nowhere else, even where none of their workers has room.</param>
internal sealed record AffinityConfig(ImmutableSortedDictionary<string, ImmutableSortedSet<string>> HostsOf, bool IsStrong)
{
    public ImmutableSortedSet<string> AllHosts { get; } = HostsOf.Values.SelectMany(h => h).ToImmutableSortedSet(StringComparer.Ordinal);
}

/// <summary>Druid's <c>WorkerCategorySpec</c>: which category of workers a task goes to, by its type and dataSource.</summary>
/// <param name="ByTaskType">Types that are not in it go anywhere.</param>
/// <param name="IsStrong">It goes nowhere else, even where none of the category has room.</param>
internal sealed record WorkerCategorySpec(ImmutableSortedDictionary<string, CategoryConfig> ByTaskType, bool IsStrong)
{
    public string? Preferred(string taskType, string dataSource) => ByTaskType.TryGetValue(taskType, out var of) ? of.CategoryOf.GetValueOrDefault(dataSource) ?? of.DefaultCategory : null;
}

/// <param name="DefaultCategory">Null: any.</param>
/// <param name="CategoryOf">By dataSource.</param>
internal sealed record CategoryConfig(string? DefaultCategory, ImmutableSortedDictionary<string, string> CategoryOf);
