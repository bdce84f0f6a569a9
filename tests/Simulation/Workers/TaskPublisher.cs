using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Core;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation.Workers;

/// <summary>Writes sequences to deep storage, one after the other, and commits them in their order: what <c>SequencePublisher</c> does.</summary>
internal sealed class TaskPublisher(World world, SimulatedWorker worker, SimulatedTask task, TaskMachine machine)
{
    private const int FirstPause = 100, LongestPause = 5_000;

    private readonly Queue<Handed> toPush = new();
    private readonly Queue<Handed> toCommit = new();
    private bool isPushing;
    private bool isCommitting;

    /// <summary>One sequence may be written while the next one is read; not more.</summary>
    public bool IsHeldBack => toPush.Count(h => h.Written.Count > 0) > 1;

    public void HandOver(ReadSequence sequence, IReadOnlyList<OpenSegment> segments)
    {
        var handed = new Handed(sequence, [.. segments.Where(s => s.Rows.Count > 0).Select(s => new WrittenSegment(s.Segment, task.Id, s.Rows))]);
        toPush.Enqueue(handed);
        toCommit.Enqueue(handed);
        Push();
    }

    private void Push()
    {
        if (isPushing || toPush.Count == 0) return;
        isPushing = true;
        var millis = toPush.Peek().Written.Count == 0 ? 1 : world.Strikes(Faults.SlowPush, oneIn: 2) ? world.Random.Next(1_000, world.Random.Next(10) == 0 ? 400_000 : 60_000) : world.Random.Next(10, 2_000);
        world.Time.After(millis, () =>
        {
            isPushing = false;
            if (task.IsOver) return;
            toPush.Dequeue().IsPushed = true;
            Commit();
            Push();
        });
    }

    private void Commit()
    {
        if (task.IsOver || isCommitting || !toCommit.TryPeek(out var head) || !head.IsPushed) return;
        isCommitting = true;
        if (head.Sequence.IsEmpty) world.Time.After(1, () => Committed(head));
        else Insert(head, FirstPause);
    }

    private void Insert(Handed head, int pause) =>
        worker.Act(task, (epoch, store) => store.Publish(epoch, task.Id, head.Sequence.Start, head.Sequence.End, head.Written), answer =>
        {
            if (answer.IsDone) Committed(head);
            else if (answer.MayComeLater) world.Time.After(pause, () => { if (!task.IsOver) Insert(head, Math.Min(pause * 2, LongestPause)); });
            else Settle(head, answer.Message);
        });

    /// <summary>A replica may have published the same segments: then all is well.</summary>
    private void Settle(Handed head, string problem) =>
        worker.Act(task, (epoch, store) => store.Retrieve(epoch, [.. head.Written.Select(w => w.Id)]), found =>
        {
            if (found.Count == 0 || found.Count < head.Written.Count) task.Fail($"Failed to publish sequence [{head.Sequence.Name}], {found.Count} of {head.Written.Count} segments are published: {problem}");
            else Committed(head);
        });

    private void Committed(Handed head)
    {
        if (task.IsOver) return;
        isCommitting = false;
        toCommit.Dequeue();
        machine.Published(head.Sequence.Id);
        worker.Changed();
        task.Tell();
        Commit();
    }

    private sealed class Handed(ReadSequence sequence, IReadOnlyList<WrittenSegment> written)
    {
        public ReadSequence Sequence => sequence;
        public IReadOnlyList<WrittenSegment> Written => written;
        public bool IsPushed { get; set; }
    }
}
