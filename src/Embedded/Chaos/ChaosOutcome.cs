using System.Globalization;
using System.Text;

namespace Ingestion.Embedded.Chaos;

/// <summary>What became of the events of a run, and of the run itself.</summary>
/// <param name="Published">Null where the run did not get so far.</param>
/// <param name="Gaps">The longest times in which a partition was read by nobody, while events came.</param>
/// <param name="Problems">Why the run is not what it should be; none: it is.</param>
/// <param name="Folder">Where the logs, the journal of the faults and all data are; removed where there is no problem.</param>
public sealed record ChaosOutcome(int Seed, int Faults, PublishedEvents? Published, IReadOnlyList<ReadingWatch.Gap> Gaps, IReadOnlyList<string> Journal, IReadOnlyList<string> Problems, string Folder)
{
    private string Events => Published is { } p ? $"{p.InTopic} events, {p.Rows} rows, {p.Lost} lost, {p.Duplicates} doubled, {p.Strangers} of nobody" : "nothing was compared";

    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"seed {Seed}, {Faults} faults: {Events}; what there is to find a cause with is in {Folder}");
        foreach (var problem in Problems) text.AppendLine(problem);
        foreach (var where in Published?.Where ?? []) text.AppendLine(where);
        text.AppendLine("longest gaps in reading:");
        foreach (var gap in Gaps.Take(5)) text.AppendLine(CultureInfo.InvariantCulture, $"  partition {gap.Partition}: {gap.Lasting.TotalSeconds:0.0} s from {gap.From:HH:mm:ss.fff}Z");
        text.AppendLine("faults:");
        foreach (var line in Journal) text.AppendLine(CultureInfo.InvariantCulture, $"  {line}");
        return text.ToString();
    }
}
