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
    public void Disabled_worker_gets_no_new_tasks_keeps_those_it_has_and_gets_some_again_when_it_is_enabled()
    {
        Follow("a", capacity: 2);
        Start("t1");
        Assert.Equal(["t1 on a"], Placed());
        Assert.Equal(["observed t1"], Heard(board.Answered(State("a", 2, "boot") with { IsDisabled = true, Tasks = [Report("t1")] }, now)));
        Start("t2");
        Assert.Equal(["t2: worker [a] at a: is disabled"], Waiting());
        Assert.Equal((1, 2, 1), board.Capacity());
        Answer("a");
        Assert.Equal(["t2 on a"], Placed());
    }

    [Fact]
    public void Tasks_of_a_worker_that_drains_are_handed_on_as_far_as_there_is_room_elsewhere_and_in_the_end_all()
    {
        Follow("a", capacity: 2);
        Start("t1", "t2");
        Placed();
        Answer("a", Report("t1"), Report("t2"));
        Follow("b", capacity: 1);

        Assert.Equal(["drains t1"], Heard(Drains("a")));
        Assert.Equal([], Heard(Drains("a"))); // said once a second
        now += TimeSpan.FromSeconds(1);
        Assert.Equal(["drains t1"], board.Sweep(now).Select(Said));
        Start("t3");
        Assert.Equal(["t3 on b"], Placed());
        Drains("a", Report("t1") with { Phase = TaskPhase.Publishing });
        now += TimeSpan.FromSeconds(13);
        Assert.Equal([], board.Sweep(now).Select(Said));
        Start("t4");
        Assert.Equal(["t4: worker [a] at a: is draining; worker [b] at b: no free slot (1 of 1 used)"], Waiting());
        now += TimeSpan.FromSeconds(1);
        Assert.Equal(["drains t2"], board.Sweep(now).Select(Said)); // 15 s without room: what was read is published before the worker ends
        Answer("a", Report("t1", TaskOutcome.Success)); // active again
        Assert.Equal([], board.Sweep(now).Select(Said));
        Assert.Equal(["t4 on a"], Placed());
    }

    [Fact]
    public void Each_worker_that_is_known_is_named_with_what_speaks_against_it()
    {
        Start("t1");
        Assert.Equal(["t1: no worker has announced itself"], Waiting());
        Follow("a", capacity: 1);
        board.Doubt("a", "failing heartbeats, ratio 0.23 over 1 min, last error: no answer in time");
        board.Follow("b", "b", Somewhere);
        Follow("c", capacity: 1);
        board.Hold("c", "version: the worker speaks protocol [2], this overlord protocol [1]");
        board.Absent = [new AbsentWorker("d", "http://d/", "announcement expired, last PUT 34 s ago from 10.0.0.7"), new AbsentWorker("e", null, "environment: expected [production], provided [test]")];
        now += TimeSpan.FromSeconds(1);
        board.Sweep(now);
        Assert.Equal(["t1: worker [a] at a: failing heartbeats, ratio 0.23 over 1 min, last error: no answer in time; worker [b] at b: has not answered yet; "
            + "worker [c] at c: version: the worker speaks protocol [2], this overlord protocol [1]; "
            + "worker [d] at http://d/: announcement expired, last PUT 34 s ago from 10.0.0.7; worker [e]: environment: expected [production], provided [test]"], Waiting());
        board.Doubt("a", null);
        Assert.Equal(["t1 on a"], Placed());
    }

    [Fact]
    public void Worker_that_is_held_back_gets_no_new_tasks_and_keeps_those_it_has()
    {
        Follow("a", capacity: 2);
        Start("t1");
        Assert.Equal(["t1 on a"], Placed());
        Assert.Equal(["observed t1"], Heard(board.Answered(State("a", 2, "boot") with { Tasks = [Report("t1")] }, now)));
        Assert.True(board.Hold("a", "version: too old"));
        Assert.False(board.Hold("a", "version: too old"));
        Start("t2");
        Assert.Equal(["t2: worker [a] at a: version: too old"], Waiting());
        Assert.Equal((1, 2, 1), board.Capacity());
        Assert.True(board.Hold("a", null));
        Assert.Equal(["t2 on a"], Placed());
    }

    [Fact]
    public void Worker_whose_announcement_has_run_out_gets_no_new_tasks_until_it_announces_itself_again_and_keeps_those_it_has()
    {
        Follow("a", capacity: 2);
        Start("t1");
        Assert.Equal(["t1 on a"], Placed());
        Answer("a", Report("t1"));
        board.Unannounced("a", "announcement expired, last PUT 34 s ago from 10.0.0.7");
        board.Unannounced("nobody", "announcement expired, last PUT 34 s ago from 10.0.0.8");
        Start("t2");
        Assert.Equal(["t2: worker [a] at a: announcement expired, last PUT 34 s ago from 10.0.0.7"], Waiting());
        Answer("a", Report("t1"));
        Assert.Equal([], Placed());
        Assert.Equal("a", board.Find("t1")!.NodeId);
        board.Unannounced("a", null);
        Assert.Equal(["t2 on a"], Placed());
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
    public void Refusals_hold_for_a_while_whoever_else_refuses_meanwhile()
    {
        Follow("a", capacity: 1);
        Follow("b", capacity: 1);
        Start("t1");
        for (var worker = 0; worker < 2; worker++)
        {
            Assert.Single(Placed());
            board.Refused(board.Find("t1")!, "no", now);
        }
        Assert.Equal([], Placed());
        now += TimeSpan.FromSeconds(1);
        board.Sweep(now);
        Assert.Equal(["t1 on a"], Placed());
        board.Finish("t1");
        board.Refused(board.Find("t1")!, "no", now); // finished while it was being given away
        Assert.Null(board.Find("t1"));
    }

    [Fact]
    public void Worker_that_is_followed_at_another_address_keeps_its_tasks()
    {
        Follow("a", capacity: 1);
        Start("t1", "t2");
        Placed();
        board.Find("t1")!.Assigned();
        Answer("a", Report("t1"));
        board.Follow("a", "elsewhere", Somewhere);
        Assert.Equal([], Placed());
        Assert.Equal(["observed t1"], Heard(Whole("a", 1, "boot", Report("t1"))));
        now += TimeSpan.FromSeconds(2);
        board.Sweep(now);
        Assert.Equal(["t2: worker [a] at elsewhere: no free slot (1 of 1 used)"], Waiting());
    }

    [Fact]
    public void Clock_that_is_set_back_keeps_nothing_from_being_told()
    {
        Follow("a", capacity: 1);
        Start("t1");
        Placed();
        Answer("a", Report("t1"));
        now -= TimeSpan.FromHours(1);
        Assert.Equal(["observed t1"], Heard(Answer("a")));
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

    /// <summary>Workers that tell changes alone, lose answers, are restarted, lost and found, and run what nobody wants: after each step slots are as if they were counted anew.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void Slots_come_out_as_if_counted_anew(int seed)
    {
        var random = new Random(seed);
        board.Restore([], now);
        var nodes = new[] { "a", "b", "c" }.Select(n => new ChangingWorker(n)).ToList();
        foreach (var node in nodes) board.Follow(node.NodeId, node.NodeId, Somewhere);
        var ids = new List<string>();
        for (var step = 0; step < 3_000; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(400));
            var node = nodes[random.Next(nodes.Count)];
            var known = ids.Count == 0 ? "none" : ids[random.Next(ids.Count)];
            switch (random.Next(10))
            {
                case 0:
                    ids.Add($"t{step}");
                    board.Start(Task($"t{step}", $"g{random.Next(4)}", capacity: 1 + random.Next(2)), now);
                    break;
                case 1: board.Stop(known); break;
                case 2: board.Finish(known); break;
                case 3: foreach (var any in nodes.Where(n => n.Reports.ContainsKey(known))) any.Reports[known] = Report(known, TaskOutcome.Success); break;
                case 4: node.Reports.Remove(known); break;
                case 5 when random.Next(5) == 0: node.Reboot(); break;
                case 6 when random.Next(5) == 0:
                    board.Lost(node.NodeId, "silent");
                    board.Follow(node.NodeId, node.NodeId, Somewhere);
                    node.Forgotten();
                    break;
                case 7 when random.Next(5) == 0: node.Reports.TryAdd(known, Report(known)); break; // a stranger, or a twin
                default:
                    var answer = node.Answer();
                    if (random.Next(3) == 0) break; // lost
                    node.Heard(answer);
                    board.Answered(answer, now);
                    break;
            }
            foreach (var task in board.Place(now).Placed)
            {
                if (random.Next(3) > 0) nodes.Single(n => n.NodeId == task.NodeId).Reports.TryAdd(task.Payload.Id, Report(task.Payload.Id));
                if (random.Next(5) == 0) board.Refused(task, "no", now);
                else task.Assigned();
            }
            foreach (var worker in board.Workers) AssertCounted(worker, nodes.Single(n => n.NodeId == worker.NodeId), ids);
        }
    }

    private void AssertCounted(TrackedWorker worker, ChangingWorker node, List<string> ids)
    {
        var here = ids.Select(board.Find).OfType<TrackedTask>().Where(t => t.NodeId == worker.NodeId).ToList();
        Assert.Equal(here.Select(t => t.Payload.Id).Order(StringComparer.Ordinal), worker.Tasks.Select(t => t.Payload.Id));
        var strangers = node.Told.Values.Count(r => r.Outcome == TaskOutcome.Running && here.All(t => t.Payload.Id != r.Id));
        Assert.Equal(here.Where(t => t.IsRunning).Sum(t => t.Payload.Resource.RequiredCapacity) + strangers, worker.Used);
        for (var group = 0; group < 4; group++) Assert.Equal(here.Any(t => t.IsRunning && t.Payload.Resource.AvailabilityGroup == $"g{group}"), worker.Runs($"g{group}"));
        Assert.Equal(here.Where(t => !node.Told.ContainsKey(t.Payload.Id)).Select(t => t.Payload.Id).Order(StringComparer.Ordinal), worker.Unreported.Select(t => t.Payload.Id).Order(StringComparer.Ordinal));
    }

    private static IndexTaskPayload Task(string id, string? availabilityGroup = null, int capacity = 1) =>
        MetadataWorld.Payload(id) with { Resource = new TaskResource { AvailabilityGroup = availabilityGroup ?? id, RequiredCapacity = capacity } };

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
    private Observation Drains(string node, params TaskReport[] changed) => board.Answered(State(node, board.Workers.Single(w => w.NodeId == node).Capacity, "boot") with { State = LifeState.ShuttingDown, Since = revisions[node], Tasks = changed }, now);
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
    private static string Said(TaskNotice notice) => $"{notice.Notice switch { Notice.TaskObserved => "observed", Notice.WorkerDrains => "drains", _ => "lost" }} {notice.Task.Payload.Id}";
}
