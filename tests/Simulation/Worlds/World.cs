using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Overlords;
using Ingestion.Simulation.Stream;
using Ingestion.Simulation.Workers;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Worlds;

/// <summary>Everything that surrounds a supervisor, under virtual time, on one thread, driven by one seed. First faults and changes, then quiet: within a
/// bound all is well, and from then on nothing fails.</summary>
internal sealed class World
{
    public const string SupervisorId = "wiki";
    public static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly long BeginMillis = Begin.ToUnixTimeMilliseconds();

    private readonly Misfortunes misfortunes;
    private readonly HashSet<string> started = new(StringComparer.Ordinal);
    private readonly HashSet<string> groups = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
    private Exception? problem;

    public World(int seed, Safeguard without, int linesKept, Func<WorldOptions, WorldOptions>? change = null)
    {
        (Seed, Without) = (seed, without);
        Random = new Random(seed);
        Options = WorldOptions.Draw(Random);
        if (change is not null) Options = change(Options);
        Trace = new Trace(Time, linesKept);
        Network = new Network(this);
        Topic = new Topic(this);
        Store = new Store(this);
        Workers = [.. Enumerable.Range(0, Options.Workers).Select(n => new SimulatedWorker(this, n, Options.Capacity))];
        Overlords = [.. Enumerable.Range(0, 2).Select(n => new SimulatedOverlord(this, n))];
        for (var i = 0; i < Options.Partitions; i++) Topic.AddPartition();
        misfortunes = new Misfortunes(this);
        Operator = new OperatorAtWork(this);
        ReadsFromEarliest = Options.Spec.UseEarliestOffset;
    }

    public int Seed { get; }
    public Safeguard Without { get; }
    public Random Random { get; }
    public WorldOptions Options { get; }
    public Timeline Time { get; } = new();
    public Trace Trace { get; }
    public Network Network { get; }
    public Topic Topic { get; }
    public Store Store { get; }
    public IReadOnlyList<SimulatedWorker> Workers { get; }
    public IReadOnlyList<SimulatedOverlord> Overlords { get; }
    public OperatorAtWork Operator { get; }

    /// <summary>What has happened in it, and how often.</summary>
    public IReadOnlyDictionary<string, int> Counts => counts;

    /// <summary>No first publish of a partition may leave records out.</summary>
    public bool ReadsFromEarliest { get; }
    public bool HasFaults { get; private set; }

    /// <summary>All has been well since the faults stopped: no task may fail any more.</summary>
    public bool IsCalm { get; private set; }
    public int Published { get; set; }
    public long Steps { get; set; }
    public SimulatedOverlord? Leader => Overlords.FirstOrDefault(o => o.Term is { } term && term.Epoch == Store.Epoch);

    public bool IsFaulty(Faults fault) => HasFaults && (Options.Faults & fault) != 0;

    /// <summary>Whether the fault happens here and now.</summary>
    public bool Strikes(Faults fault, int oneIn)
    {
        var strikes = IsFaulty(fault) && Random.Next(oneIn) == 0;
        if (strikes) Count(fault.ToString());
        return strikes;
    }

    /// <summary>What ends the world, if it is the first.</summary>
    public void Break(Exception broken) => problem ??= broken;

    /// <returns>What is wrong; null: nothing.</returns>
    public string? Run(long minutes)
    {
        Sabotage.Set(anyStart: Without == Safeguard.AdoptionComparison, laterGroups: Without == Safeguard.EndOfLaterGroups);
        try
        {
            var calm = new Calm(this);
            var end = minutes * 60_000;
            var faultsEnd = end * 55 / 100;
            HasFaults = true;
            Overlords[0].Lead();
            Operator.Create();
            Produce();
            misfortunes.Begin();
            Operator.Begin();
            RunUntil(faultsEnd);
            HasFaults = false;
            misfortunes.End();
            RunUntil(faultsEnd + calm.ReviveWithin);
            Operator.LeaveRunning();
            calm.Reach(faultsEnd, RunUntil);
            IsCalm = true;
            Trace.Note("calm", "", 0, $"");
            RunUntil(end);
            calm.Keep(RunUntil);
            return null;
        }
        catch (BrokenWorldException broken) { return broken.Message; }
        catch (Exception e) when (problem is not null || e is InvariantViolation) { return (problem ?? e).ToString(); }
    }

    public void Count(string what) => counts[what] = counts.GetValueOrDefault(what) + 1;

    public void GroupBegins(string baseSequenceName)
    {
        if (groups.Add(baseSequenceName)) Count("task group");
    }

    public void TaskStarted(string taskId) => started.Add(taskId);

    public void TaskFinished(IndexTaskStatus status)
    {
        // One that never had a slot may be given up with its group.
        if (IsCalm && status.Outcome == TaskOutcome.Failed && started.Contains(status.Id)) throw new BrokenWorldException($"task {status.Id} failed though nothing was wrong: {status.ErrorMsg}");
    }

    public void LeaderDies(SimulatedOverlord overlord)
    {
        if (overlord.IsAlive) misfortunes.Kill(overlord);
    }

    /// <summary>A leader that was refused by the database may go on for a while, for all it knows.</summary>
    public void LearnsLate(Term term) => Time.After(Random.Next(1, 10_000), () => { if (term.Overlord.Term == term) term.Overlord.StepDown(); });

    public static SupervisorSpec SpecOf(SpecOptions options) => SpecText.Read(options);

    /// <summary>Whether records still come.</summary>
    public bool IsProducing { get; set; } = true;

    private void RunUntil(long time)
    {
        Time.RunUntil(time, () => problem is not null);
        if (problem is not null) throw problem is BrokenWorldException ? problem : new InvalidOperationException("the world is broken", problem);
    }

    private void Produce()
    {
        var partition = Random.Next(Topic.Count);
        if (IsProducing) Topic.Produce(partition, Random.Next(1, 11));
        Time.After(Random.Next(1, 2 * 5 * 60_000 / (Options.RecordsPerMinute * Topic.Count)), Produce);
    }
}
