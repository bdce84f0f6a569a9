using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Overlords;

/// <summary>One overlord's leadership: the mailbox of the supervisor around production's <see cref="SupervisorLoop"/>, as <c>SupervisorMailbox</c> and
/// <c>SupervisorFleet</c> have it.</summary>
internal sealed class Term
{
    private const int FirstBackOff = 200, LastBackOff = 10_000, PeriodicRunMillis = 1_000;

    private readonly World world;
    private readonly Shell shell;
    private readonly Queue<Letter> letters = new();
    private SupervisorLoop? loop;
    private bool isBusy;
    private bool isWaiting;
    private int backOff;
    private DateTimeOffset wakeAt;

    public Term(World world, SimulatedOverlord overlord, long epoch)
    {
        (this.world, Overlord, Epoch) = (world, overlord, epoch);
        Dispatcher = new Dispatcher(world, this);
        shell = new Shell(world, this, new EffectLanes(world, this));
    }

    public SimulatedOverlord Overlord { get; }
    public long Epoch { get; }
    public bool IsOver { get; private set; }
    public Dispatcher Dispatcher { get; }
    public SupervisorState? State => loop?.State;
    public bool HasSupervisor => loop is not null;

    public void Begin()
    {
        var active = world.Store.ActiveTasks();
        Dispatcher.Restore(active);
        if (world.Store.NewestSpec is { } newest && (newest.Spec is not null || active.Length > 0)) Open();
        foreach (var worker in world.Workers)
            if (worker.IsAlive) Dispatcher.Follow(worker);
        Run();
    }

    /// <summary>Whatever is on its way to it comes to nothing.</summary>
    public void End() => IsOver = true;

    /// <summary>A supervisor begins: its spec is in the database.</summary>
    public void Open()
    {
        loop = new SupervisorLoop(World.SupervisorId, shell);
        letters.Clear();
        (backOff, isWaiting) = (0, false);
        Post(new Notice.Tick());
    }

    public void Post(Notice notice) => Add(new Letter(notice, null));

    /// <param name="answer">Not called when the step fails: whoever asks, asks again.</param>
    public void Ask(Notice notice, Action<Reply?> answer) => Add(new Letter(notice, answer));

    private void Add(Letter letter)
    {
        if (IsOver) return;
        if (loop is null) { letter.Answer?.Invoke(null); return; }
        if (isWaiting && letter.Answer is null) return; // dropped: the reload brings what it says
        letters.Enqueue(letter);
        if (!isBusy) _ = PumpAsync();
    }

    private async Task PumpAsync()
    {
        isBusy = true;
        try
        {
            while (!IsOver && loop is { } mine && letters.TryDequeue(out var letter))
            {
                isWaiting = false;
                var (notice, answer) = letter;
                world.Trace.Note("notice", notice.GetType().Name, Epoch, $"{InWords.Of(notice)}");
                world.Steps++;
                try
                {
                    var reply = await mine.HandleAsync(notice, CancellationToken.None);
                    if (IsOver) return;
                    backOff = 0;
                    answer?.Invoke(reply);
                    if (mine.State is { } state) Wake(state.WakeAt);
                    if (mine.State is { IsDone: true } || mine.IsAbandoned) loop = null;
                }
                catch (Exception e) when (e is StaleEpochException or NoAnswerException or OffsetsMovedException) { BackOff(e); }
            }
            if (loop is not null || IsOver) return;
            var left = letters.ToList();
            letters.Clear();
            foreach (var request in left) request.Answer?.Invoke(null);
        }
        catch (Exception e) { world.Break(e); } // a bug, of the core or of the simulation: either way the seed fails
        finally { isBusy = false; }
    }

    /// <summary>A void step: what is queued is dropped, but for requests, and a tick makes the reload happen.</summary>
    private void BackOff(Exception problem)
    {
        world.Trace.Note("void step", problem.GetType().Name, Epoch, $"");
        backOff = backOff == 0 ? FirstBackOff : Math.Min(backOff * 2, LastBackOff);
        var requests = letters.Where(l => l.Answer is not null).ToList();
        letters.Clear();
        foreach (var request in requests) letters.Enqueue(request);
        isWaiting = true;
        world.Time.After(backOff, () =>
        {
            if (!isWaiting || IsOver) return;
            isWaiting = false;
            Post(new Notice.Tick());
        });
        if (problem is StaleEpochException) world.LearnsLate(this);
    }

    private void Wake(DateTimeOffset at)
    {
        if (at == wakeAt || at == DateTimeOffset.MaxValue) return;
        wakeAt = at;
        world.Time.After((long)Math.Ceiling((at - Overlord.WallClock).TotalMilliseconds), () => { if (!IsOver && at == wakeAt) { wakeAt = default; Post(new Notice.Tick()); } });
    }

    /// <summary>The safety net under the wake-ups.</summary>
    private void Run()
    {
        if (IsOver) return;
        Dispatcher.Sweep();
        if (loop is { } open && (open.State is not { } state || state.WakeAt <= Overlord.WallClock)) Post(new Notice.Tick());
        world.Time.After(PeriodicRunMillis, Run);
    }

    private readonly record struct Letter(Notice Notice, Action<Reply?>? Answer);
}
