using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Overlords;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Worlds;

/// <summary>Who posts specs, suspends, resumes, terminates, hands off, resets, and mends what only an operator can. What was answered with yes must be in the database.</summary>
internal sealed class OperatorAtWork(World world)
{
    private const int MendEvery = 5_000;

    private SpecOptions wanted = world.Options.Spec;

    private Random Random => world.Random;

    /// <summary>Resets posted so far: none may happen of itself.</summary>
    public int ResetsAsked { get; private set; }

    /// <summary>The first spec, straight into the database, as <c>SupervisorFleet</c> does it.</summary>
    public void Create() => Create(World.SpecOf(wanted));

    public void Begin()
    {
        Act();
        LookAfterErrors();
    }

    /// <summary>However it was left: it is to run.</summary>
    public void LeaveRunning()
    {
        if (world.IsCalm) return;
        if (world.Leader is { Term: { } term } && world.Store.NewestSpec is { } newest)
        {
            if (newest.Spec is null) Put();
            else if (newest.Spec.Suspended) term.Ask(new Notice.ResumeRequested(), _ => { });
            Mend();
        }
        world.Time.After(MendEvery, LeaveRunning);
    }

    private void Act() => world.Time.After(Random.Next(5_000, 120_000), () =>
    {
        if (!world.HasFaults) return;
        if (world.Leader is { Term: { } term }) Act(term);
        Act();
    });

    private void Act(Term term)
    {
        switch (Random.Next(12))
        {
            case 0 when IsAsked(Faults.SpecChanges): Ask(term, new Notice.SuspendRequested(), s => s is { Suspended: true }); break;
            case 1 or 2 when IsAsked(Faults.SpecChanges): Ask(term, new Notice.ResumeRequested(), s => s is { Suspended: false }); break;
            case 3 or 4 or 5 when IsAsked(Faults.SpecChanges):
                var changed = wanted.Changed(Random);
                if (changed.TaskCount * changed.Replicas <= world.Options.Workers * world.Options.Capacity) wanted = changed;
                Put();
                break;
            case 6 when IsAsked(Faults.Terminations): Ask(term, new Notice.TerminateRequested(), s => s is null); break;
            case 7 when IsAsked(Faults.Resets): Reset(term, new Notice.ResetRequested(Random.Next(3) switch { 0 => StreamEnd.Earliest, 1 => StreamEnd.Latest, _ => null })); break;
            case 8 when IsAsked(Faults.Resets): ResetSome(term); break;
            case 9 or 10 or 11 when IsAsked(Faults.Handoffs):
                Say(term, nameof(Notice.HandoffRequested));
                term.Ask(new Notice.HandoffRequested([.. Enumerable.Range(0, 3).Where(_ => Random.Next(2) == 0)]), _ => { });
                break;
        }
    }

    private bool IsAsked(Faults fault) => world.Strikes(fault, oneIn: 1);

    /// <summary>To anywhere that the stream has, at times past its end, as operators mistype.</summary>
    private void ResetSome(Term term)
    {
        var to = world.Topic.Names.Where(_ => Random.Next(2) == 0)
            .Select(p => KeyValuePair.Create(p, Random.NextInt64(world.Topic.Earliest(p.Number), world.Topic.Latest(p.Number) + (Random.Next(10) == 0 ? 1_000 : 1))));
        Reset(term, new Notice.OffsetsResetRequested(KafkaDataSourceMetadata.EndOf(SpecText.Topic, new PartitionOffsets(to))));
    }

    private void LookAfterErrors() => world.Time.After(Random.Next(60_000, 300_000), () =>
    {
        if (!world.HasFaults) return;
        Mend();
        LookAfterErrors();
    });

    /// <summary>Has offsets that the stream does not have (any more) forgotten, where the supervisor must not do so by itself.</summary>
    private void Mend()
    {
        if (world.Options.Spec.ResetOffsetAutomatically || world.Leader is not { Term: { } term }) return;
        var lost = world.Store.Committed.Where(e => e.Value < world.Topic.Earliest(e.Key.Number) || e.Value > world.Topic.Latest(e.Key.Number)).ToList();
        if (lost.Count == 0) return;
        Reset(term, new Notice.OffsetsResetRequested(KafkaDataSourceMetadata.EndOf(SpecText.Topic, new PartitionOffsets(lost.Select(e => KeyValuePair.Create(e.Key, world.Topic.Earliest(e.Key.Number)))))));
    }

    private void Reset(Term term, Notice request)
    {
        var before = world.Store.Resets;
        ResetsAsked++;
        Say(term, request.GetType().Name);
        term.Ask(request, reply =>
        {
            if (reply is Reply.Accepted && world.Store.Resets == before && !IsEmpty(request)) throw new BrokenWorldException($"{request.GetType().Name} was accepted, but is not recorded");
        });
    }

    private static bool IsEmpty(Notice request) => request is Notice.OffsetsResetRequested { Offsets.Offsets.Count: 0 };

    private void Put()
    {
        if (world.Leader is not { Term: { } term }) return;
        var spec = World.SpecOf(wanted);
        if (term.HasSupervisor) Ask(term, new Notice.SpecReplaced(spec), s => s?.Json == spec.Json);
        else Create(spec);
    }

    private void Create(SupervisorSpec spec)
    {
        if (world.Leader is not { Term: { } term }) return;
        world.Store.Commit(term.Epoch, [new Record.AppendSpec(spec)]);
        term.Open();
    }

    private void Ask(Term term, Notice request, Func<SupervisorSpec?, bool> isRecorded)
    {
        var before = Math.Max(0, world.Store.SpecVersions - 1);
        Say(term, request.GetType().Name);
        term.Ask(request, reply =>
        {
            if (reply is not Reply.Accepted) return;
            for (var version = before; version < world.Store.SpecVersions; version++)
                if (isRecorded(world.Store.SpecVersion(version).Spec)) return;
            throw new BrokenWorldException($"{request.GetType().Name} was accepted, but is not recorded");
        });
    }

    private void Say(Term term, string request)
    {
        world.Count(request);
        world.Trace.Note("operator", request, term.Epoch, $"");
    }
}
