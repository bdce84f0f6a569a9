using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;

namespace Ingestion.Overlord.Tests.Tasks;

/// <summary>A worker as it tells itself, and what the board has heard of it.</summary>
internal sealed class ChangingWorker(string nodeId)
{
    private ReportJournal journal = new();
    private int boots = 1;
    private WorkerState? last;

    public string NodeId => nodeId;
    public Dictionary<string, TaskReport> Reports { get; } = [];
    public Dictionary<string, TaskReport> Told { get; private set; } = [];

    public WorkerState Answer()
    {
        journal.Note(Reports.Values);
        var (since, changed, gone) = journal.After(last?.BootId == $"boot {boots}" ? last.Revision : null);
        return new WorkerState { NodeId = nodeId, BootId = $"boot {boots}", Counter = 0, Capacity = 5, Revision = journal.Revision, Since = since, Tasks = changed, Gone = gone };
    }

    public void Heard(WorkerState answer) => (last, Told) = (answer, new Dictionary<string, TaskReport>(Reports));

    public void Forgotten() => (last, Told) = (null, []);

    public void Reboot()
    {
        Reports.Clear();
        (journal, boots) = (new ReportJournal(), boots + 1);
    }
}
