using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;
using Xunit;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class ReportJournalTests
{
    private readonly ReportJournal journal = new();

    [Fact]
    public void Who_follows_is_told_of_changes_alone()
    {
        journal.Note([Report("a"), Report("b")]);
        Assert.Equal("all: a Reading, b Reading; gone: ", Told(null));
        var first = journal.Revision;
        journal.Note([Report("a"), Report("b")]);
        Assert.Equal((first, $"since {first}: ; gone: "), (journal.Revision, Told(first)));
        journal.Note([Report("a", TaskPhase.Publishing), Report("c")]);
        Assert.Equal($"since {first}: a Publishing, c Reading; gone: b", Told(first));
        Assert.Equal($"since {journal.Revision}: ; gone: ", Told(journal.Revision));
    }

    [Fact]
    public void What_went_and_came_back_is_not_gone()
    {
        journal.Note([Report("a")]);
        var first = journal.Revision;
        journal.Note([]);
        journal.Note([Report("a")]);
        Assert.Equal($"since {first}: a Reading; gone: ", Told(first));
    }

    [Fact]
    public void Whoever_knows_too_little_or_what_was_never_told_is_told_all()
    {
        journal.Note([Report("a")]);
        var first = journal.Revision;
        Assert.Equal("all: a Reading; gone: ", Told(first + 1));
        Assert.Equal("all: a Reading; gone: ", Told(-1));
        journal.Note([.. Enumerable.Range(0, 10_001).Select(n => Report($"many {n}"))]);
        journal.Note([Report("b")]); // more go than are remembered
        Assert.Equal("all: b Reading; gone: ", Told(first));
        Assert.Equal($"since {journal.Revision}: ; gone: ", Told(journal.Revision));
    }

    private string Told(long? known)
    {
        var (since, changed, gone) = journal.After(known);
        return $"{(since is null ? "all" : $"since {since}")}: {string.Join(", ", changed.Select(r => $"{r.Id} {r.Phase}"))}; gone: {string.Join(", ", gone)}";
    }

    private static TaskReport Report(string id, TaskPhase phase = TaskPhase.Reading) => new() { Id = id, Outcome = TaskOutcome.Running, Phase = phase };
}
