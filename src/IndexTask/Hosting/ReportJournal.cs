using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>In which order a worker's reports have changed, so that whoever follows it is told of changes alone. Not thread-safe.</summary>
internal sealed class ReportJournal
{
    private const int MostGone = 10_000;
    private readonly Dictionary<string, (TaskReport Report, long Revision)> told = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long Revision)> gone = new();
    private long forgotten; // up to which revision it is not known any more what is gone

    /// <summary>Of the last change.</summary>
    public long Revision { get; private set; }

    /// <summary>Takes down what has changed.</summary>
    /// <param name="reports">All that there are now.</param>
    public void Note(IReadOnlyCollection<TaskReport> reports)
    {
        foreach (var report in reports)
            if (!told.TryGetValue(report.Id, out var last) || last.Report != report) told[report.Id] = (report, ++Revision);
        if (told.Count > reports.Count)
            foreach (var id in told.Keys.Except(reports.Select(r => r.Id)).ToList())
            {
                told.Remove(id);
                gone.Enqueue((id, ++Revision));
            }
        while (gone.Count > MostGone) forgotten = gone.Dequeue().Revision;
    }

    /// <summary>What whoever knows a revision has to be told.</summary>
    /// <param name="known">Null: they know nothing.</param>
    /// <returns>Since null: all reports, because too much has been forgotten or the revision was never told.</returns>
    public (long? Since, IReadOnlyList<TaskReport> Changed, IReadOnlyList<string> Gone) After(long? known)
    {
        if (known is not { } since || since < forgotten || since > Revision) return (null, [.. told.Values.Select(t => t.Report)], []);
        return (since, [.. told.Values.Where(t => t.Revision > since).Select(t => t.Report)], [.. gone.Where(g => g.Revision > since && !told.ContainsKey(g.Id)).Select(g => g.Id)]);
    }
}
