using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests.Walk;

/// <summary>An index task reduced to offsets: it reads, pauses under a lease, takes checkpoints and an end, and publishes its sequences in order.</summary>
internal sealed class FakeTask(IndexTaskPayload payload, int worker, DateTimeOffset now)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private readonly SortedDictionary<int, PartitionOffsets> sequences = new(payload.StartCheckpoints().ToDictionary(c => c.Key, c => c.Value));
    private DateTimeOffset pausedUntil;
    private DateTimeOffset heldUntil;
    private int firstUnpublished = payload.StartCheckpoints().First.Key;
    private int publishAttempts;

    public IndexTaskPayload Payload { get; } = payload;
    public int Worker { get; } = worker;
    public DateTimeOffset StartTime { get; } = now;
    public TaskPhase Phase { get; private set; } = TaskPhase.Starting;
    public TaskOutcome Outcome { get; private set; } = TaskOutcome.Running;
    public string? Error { get; private set; }
    public PartitionOffsets Current { get; private set; } = payload.StartCheckpoints().First.Value;
    public PartitionOffsets? End { get; private set; }
    public string Id => Payload.Id;
    public bool IsRunning => Outcome == TaskOutcome.Running;
    public PartitionOffsets LastSequenceStart => sequences.Last().Value;

    public TaskReport Report() => Phase == TaskPhase.Starting && IsRunning
        ? new TaskReport { Id = Id, Outcome = Outcome, Phase = Phase, StartTime = StartTime }
        : new TaskReport
        {
            Id = Id, Outcome = Outcome, Phase = Phase, StartTime = StartTime, CurrentOffsets = Current, ErrorMsg = Error,
            EndOffsets = End ?? PartitionOffsets.All(Current.Partitions, PartitionOffsets.Unbounded),
            Checkpoints = new Checkpoints(sequences.Where(s => s.Key >= firstUnpublished || s.Key == sequences.Last().Key)),
        };

    public void Advance(DateTimeOffset time, PartitionOffsets latest, Random random, Func<FakeTask, int, PartitionOffsets, PartitionOffsets, PublishAnswer> publish)
    {
        if (!IsRunning) return;
        if (Phase == TaskPhase.Paused && time >= pausedUntil) Phase = TaskPhase.Reading;
        if (Phase == TaskPhase.Starting && random.Next(3) == 0) Phase = TaskPhase.Reading;
        else if (Phase == TaskPhase.Reading && time >= heldUntil)
        {
            foreach (var (partition, at) in Current)
            {
                var limit = latest.TryGet(partition, out var there) ? there : 0;
                if (End is { } end) limit = Math.Min(limit, end[partition]);
                Current = Current.With(partition, Math.Max(at, Math.Min(limit, at + random.Next(20))));
            }
            if (End is { } reached && reached == Current) Phase = TaskPhase.Publishing;
        }
        if (Phase is TaskPhase.Reading or TaskPhase.Publishing && random.Next(4) == 0) PublishNext(publish);
    }

    public void Fail(string error)
    {
        if (!IsRunning) return;
        Outcome = TaskOutcome.Failed;
        Error = error;
    }

    public PartitionOffsets? Pause(DateTimeOffset time)
    {
        if (!IsRunning || Phase is not (TaskPhase.Reading or TaskPhase.Paused)) return null;
        Phase = TaskPhase.Paused;
        pausedUntil = time + Lease;
        return Current;
    }

    public void Hold(DateTimeOffset until) => heldUntil = until;

    public void Resume()
    {
        if (Phase == TaskPhase.Paused) Phase = TaskPhase.Reading;
    }

    public bool SetEnd(PartitionOffsets offsets, bool finish)
    {
        if (!IsRunning) return false;
        heldUntil = default;
        if (finish ? End == offsets : sequences.Count > 1 && LastSequenceStart == offsets)
        {
            Resume();
            return true;
        }
        if (End is not null || Phase != TaskPhase.Paused || !Current.AtMost(offsets) || !Current.SamePartitionsAs(offsets)) return false;
        if (finish) End = offsets;
        else sequences[sequences.Last().Key + 1] = offsets;
        Phase = TaskPhase.Reading;
        return true;
    }

    private void PublishNext(Func<FakeTask, int, PartitionOffsets, PartitionOffsets, PublishAnswer> publish)
    {
        var next = sequences.Keys.FirstOrDefault(k => k > firstUnpublished, -1);
        var end = next >= 0 ? sequences[next] : Phase == TaskPhase.Publishing ? End : null;
        if (end is null || !end.AtMost(Current)) return;
        var answer = publish(this, firstUnpublished, sequences[firstUnpublished], end);
        if (answer == PublishAnswer.Refused || (answer == PublishAnswer.TryAgain && ++publishAttempts > 40))
        {
            Fail($"could not publish sequence {firstUnpublished}: {answer}");
            return;
        }
        if (answer == PublishAnswer.TryAgain) return;
        publishAttempts = 0;
        if (next >= 0) firstUnpublished = next;
        else Outcome = TaskOutcome.Success;
    }
}

internal enum PublishAnswer { Done, TryAgain, Refused }
