using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Supervisor;
using Xunit;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class TaskBoardTests
{
    private static readonly TaskLocation Somewhere = new() { Host = "host", Port = 1 };
    private readonly TaskBoard board = new();
    private readonly Dictionary<string, long> revisions = [];
    private DateTimeOffset now = MetadataWorld.Noon;

    [Fact]
    public void Task_goes_to_the_worker_with_the_most_free_slots_and_none_of_its_group()
    {
        Follow("a", capacity: 2);
        Follow("b", capacity: 3);

        Start("t1", "t2", "t3");
        board.Start(Task("t4", availabilityGroup: "t1"), now);

        Assert.Equal(["t1 on b", "t2 on a", "t3 on b", "t4 on a"], Placed());
        board.Start(Task("t5", availabilityGroup: "t1"), now);
        Assert.Equal(["t5: worker [a] at a: runs a task of the same availability group [t1]; worker [b] at b: runs a task of the same availability group [t1]"], Waiting());
    }

    [Fact]
    public void Slots_are_free_again_when_a_task_ends_is_stopped_or_is_refused()
    {
        Follow("a", capacity: 1);
        Start("t1");
        Assert.Equal(["t1 on a"], Placed());
        board.Refused(board.Find("t1")!, "no", now);
        Start("t2");
        Assert.Equal(["t2 on a"], Placed()); // the refusal holds for a second, and for t1 alone
        now += TimeSpan.FromSeconds(2);
        board.Sweep(now);
        Assert.Equal(["t1: worker [a] at a: no free slot (1 of 1 used)"], Waiting());

        Answer("a", Report("t2"));
        Answer("a", Report("t2", TaskOutcome.Success));
        Assert.Equal(["t1 on a"], Placed());
        Answer("a", Report("t1"));
        Assert.Equal("a", board.Stop("t1"));
        Start("t3");
        Assert.Equal([], Placed()); // t1 runs on until it has ended
        Answer("a", Report("t1", TaskOutcome.Failed));
        Assert.Equal(["t3 on a"], Placed());
        board.Finish("t3");
        Start("t4");
        Assert.Equal([], Placed());
        Assert.Equal([], Answer("a").Strangers); // the assignment came to nothing
        Assert.Equal(["t4 on a"], Placed());
    }

    [Fact]
    public void What_runs_and_is_not_to_run_is_a_stranger_that_takes_a_slot_until_it_is_gone()
    {
        board.Restore([], now);
        Follow("a", capacity: 1);
        Assert.Equal(["x"], Answer("a", Report("x")).Strangers);
        Assert.Equal([], Answer("a").Strangers); // it is being stopped
        now += TimeSpan.FromSeconds(1);
        Assert.Equal(["x"], Answer("a").Strangers); // it has not been
        Start("t1");
        Assert.Equal([], Placed());
        Gone("a", "x");
        now += TimeSpan.FromSeconds(1);
        board.Sweep(now);
        Assert.Equal(["t1 on a"], Placed());
    }

    [Fact]
    public void Reports_are_passed_on_when_they_change_and_once_a_second()
    {
        Follow("a", capacity: 2);
        Start("t1", "t2");
        Placed();
        Assert.Equal(["observed t1", "observed t2"], Heard(Answer("a", Report("t1"), Report("t2"))));
        Assert.Equal(["observed t2"], Heard(Answer("a", Report("t2", TaskOutcome.Success))));
        Assert.Equal([], Heard(Answer("a")));
        now += TimeSpan.FromSeconds(1);
        Assert.Equal(["observed t1", "observed t2"], Heard(Answer("a")));
    }

    [Fact]
    public void Task_is_lost_when_its_worker_has_forgotten_it_was_restarted_or_is_gone()
    {
        Follow("a", capacity: 4);
        Start("t1", "t2", "t3");
        Placed();
        foreach (var id in new[] { "t1", "t2", "t3" }) board.Find(id)!.Assigned();
        Answer("a", Report("t1"), Report("t2"), Report("t3"));

        Assert.Equal(["lost t1"], Heard(Gone("a", "t1")));
        board.Stop("t1");
        Assert.Equal(["observed t2", "lost t3"], Heard(Whole("a", 4, "another boot", Report("t2"))));
        board.Stop("t3");
        Assert.Equal(["lost t2"], board.Lost("a", "silent").Select(Said));
        Assert.Equal(["lost t2"], board.Sweep(now).Select(Said)); // until its supervisor has heard it
        Follow("a", capacity: 4);
        Assert.Equal(["observed t2"], Heard(Answer("a", Report("t2"))));
        Assert.Equal([], board.Sweep(now));
    }

    [Fact]
    public void Assignment_without_an_answer_is_given_two_answers_of_the_worker()
    {
        Follow("a", capacity: 1);
        Start("t1");
        Placed();
        Assert.Equal([], Heard(Answer("a"))); // it is under way
        board.Find("t1")!.Assigned();
        Assert.Equal([], Heard(Answer("a")));
        Assert.Equal(["lost t1"], Heard(Answer("a")));
    }

    [Fact]
    public void Restored_tasks_are_waited_for_and_not_given_out_anew()
    {
        board.Restore([Task("t1"), Task("t2")], now);
        Follow("a", capacity: 4);
        Assert.Equal(["observed t1"], Heard(Answer("a", Report("t1"))));
        Assert.Equal([], Placed());
        now += TimeSpan.FromSeconds(16);
        Assert.Equal(["lost t2"], board.Sweep(now).Select(Said));
    }

    [Fact]
    public void What_runs_a_second_time_elsewhere_is_a_stranger_and_taken_over_when_the_first_is_gone()
    {
        Follow("a", capacity: 1);
        Start("t1");
        Placed();
        Answer("a", Report("t1"));
        board.Restore([], now);
        Follow("b", capacity: 1);
        Assert.Equal(["t1"], Answer("b", Report("t1")).Strangers);
        board.Lost("a", "silent");
        now += TimeSpan.FromSeconds(1);
        Assert.Equal(["observed t1"], Heard(Answer("b")));
        Assert.Equal("b", board.Find("t1")!.NodeId);
        Start("t2");
        Assert.Equal(["t2: worker [b] at b: no free slot (1 of 1 used)"], Waiting());
    }

    [Fact]
    public void Finished_task_is_a_stranger_while_it_runs_and_forgotten_when_it_does_not()
    {
        board.Restore([], now);
        Follow("a", capacity: 1);
        Start("t1");
        Placed();
        Answer("a", Report("t1"));
        board.Finish("t1");
        now += TimeSpan.FromSeconds(1);
        Assert.Equal(["t1"], Answer("a").Strangers);
        Answer("a", Report("t1", TaskOutcome.Failed));
        Assert.Null(board.Find("t1"));
    }

    /// <summary>Random changes, with as many answers lost as not: in the end slots are counted as if they had been counted anew.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void Slots_come_out_as_if_counted_anew(int seed)
    {
        var random = new Random(seed);
        board.Restore([], now);
        foreach (var node in new[] { "a", "b", "c" }) Follow(node, capacity: 5);
        var running = new Dictionary<string, Dictionary<string, TaskReport>> { ["a"] = [], ["b"] = [], ["c"] = [] };
        var ids = new List<string>();
        for (var step = 0; step < 3_000; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(400));
            var node = running.Keys.ElementAt(random.Next(3));
            var known = ids.Count == 0 ? "none" : ids[random.Next(ids.Count)];
            switch (random.Next(8))
            {
                case 0: ids.Add($"t{step}"); board.Start(Task($"t{step}", availabilityGroup: $"g{random.Next(4)}"), now); break;
                case 1: board.Stop(known); break;
                case 2: board.Finish(known); break;
                case 3: foreach (var tasks in running.Values.Where(t => t.ContainsKey(known))) tasks[known] = Report(known, TaskOutcome.Success); break;
                case 4: running[node].Remove(known); break;
                case 5 when random.Next(20) == 0:
                    board.Lost(node, "silent");
                    Follow(node, capacity: 5);
                    break;
                default: Whole(node, 5, "boot", [.. running[node].Values]); break;
            }
            foreach (var task in board.Place(now).Placed)
            {
                if (random.Next(3) > 0) running[task.NodeId!].TryAdd(task.Payload.Id, Report(task.Payload.Id));
                if (random.Next(5) == 0) board.Refused(task, "no", now);
                else task.Assigned();
            }
        }
        foreach (var node in running.Keys) Whole(node, 5, "boot", [.. running[node].Values]);
        foreach (var worker in board.Workers)
        {
            var ours = worker.Tasks.Where(t => t.IsRunning).ToList();
            var strangers = running[worker.NodeId].Values.Count(r => r.Outcome == TaskOutcome.Running && worker.Tasks.All(t => t.Payload.Id != r.Id));
            Assert.Equal(ours.Count + strangers, worker.Used);
            for (var group = 0; group < 4; group++) Assert.Equal(ours.Any(t => t.Payload.Resource.AvailabilityGroup == $"g{group}"), worker.Runs($"g{group}"));
            Assert.All(worker.Tasks, t => Assert.Same(t, board.Find(t.Payload.Id)));
        }
    }

    private static IndexTaskPayload Task(string id, string? availabilityGroup = null) =>
        MetadataWorld.Payload(id) with { Resource = new TaskResource { AvailabilityGroup = availabilityGroup ?? id, RequiredCapacity = 1 } };

    private static TaskReport Report(string id, TaskOutcome outcome = TaskOutcome.Running) => new() { Id = id, Outcome = outcome, Phase = TaskPhase.Reading };

    private void Follow(string node, int capacity)
    {
        board.Follow(node, node, Somewhere);
        Whole(node, capacity, "boot");
    }

    private void Start(params string[] ids)
    {
        foreach (var id in ids) board.Start(Task(id), now);
    }

    private Observation Answer(string node, params TaskReport[] changed) => board.Answered(State(node, board.Workers.Single(w => w.NodeId == node).Capacity, "boot") with { Since = revisions[node], Tasks = changed }, now);
    private Observation Gone(string node, params string[] gone) => board.Answered(State(node, board.Workers.Single(w => w.NodeId == node).Capacity, "boot") with { Since = revisions[node], Gone = gone }, now);
    private Observation Whole(string node, int capacity, string boot, params TaskReport[] all) => board.Answered(State(node, capacity, boot) with { Tasks = all }, now);

    private WorkerState State(string node, int capacity, string boot)
    {
        revisions[node] = revisions.GetValueOrDefault(node) + 1;
        return new WorkerState { NodeId = node, BootId = boot, Counter = revisions[node], Capacity = capacity, Revision = revisions[node], Tasks = [] };
    }

    private string[] Placed() => [.. board.Place(now).Placed.Select(t => $"{t.Payload.Id} on {t.NodeId}")];
    private string[] Waiting() => [.. board.Place(now).Waiting.Select(t => $"{t.Payload.Id}: {t.WaitingFor}")];
    private static string[] Heard(Observation observation) => [.. observation.Notices.Select(Said)];
    private static string Said(TaskNotice notice) => $"{(notice.Notice is Notice.TaskObserved ? "observed" : "lost")} {notice.Task.Payload.Id}";
}
