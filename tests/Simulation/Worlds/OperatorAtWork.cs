using Ingestion.Contracts.Specs;
using Ingestion.Simulation.Metadata;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Worlds;

/// <summary>Who posts specs, suspends, resumes and terminates. What was answered with yes must be in the database.</summary>
internal sealed class OperatorAtWork(World world)
{
    private SpecOptions wanted = world.Options.Spec;

    /// <summary>The first spec, straight into the database, as <c>SupervisorFleet</c> does it.</summary>
    public void Create() => Create(World.SpecOf(wanted));

    public void Begin() => world.Time.After(world.Random.Next(20_000, 600_000), () =>
    {
        if (!world.HasFaults) return;
        if (world.IsFaulty(Faults.SpecChanges)) Change();
        Begin();
    });

    /// <summary>However it was left: it is to run.</summary>
    public void LeaveRunning()
    {
        if (world.Leader is not { Term: { } term } || world.Store.NewestSpec is not { } newest) { world.Time.After(1_000, LeaveRunning); return; }
        if (newest.Spec is null) Put();
        else if (newest.Spec.Suspended) term.Ask(new Notice.ResumeRequested(), _ => { });
        else return;
        world.Time.After(5_000, LeaveRunning);
    }

    private void Change()
    {
        if (world.Leader is not { Term: { } term }) return;
        switch (world.Random.Next(world.IsFaulty(Faults.Terminations) ? 7 : 6))
        {
            case 0: Ask(term, new Notice.SuspendRequested(), s => s is { Suspended: true }); break;
            case 1 or 2: Ask(term, new Notice.ResumeRequested(), s => s is { Suspended: false }); break;
            case 6: Ask(term, new Notice.TerminateRequested(), s => s is null); break;
            default:
                var changed = wanted.Changed(world.Random);
                if (changed.TaskCount * changed.Replicas <= world.Options.Workers * world.Options.Capacity) wanted = changed;
                Put();
                break;
        }
    }

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

    private void Ask(Overlords.Term term, Notice request, Func<SupervisorSpec?, bool> isRecorded)
    {
        var before = Math.Max(0, world.Store.SpecVersions - 1);
        world.Trace.Note("operator", request.GetType().Name, term.Epoch, $"");
        term.Ask(request, reply =>
        {
            if (reply is not Reply.Accepted) return;
            for (var version = before; version < world.Store.SpecVersions; version++)
                if (isRecorded(world.Store.SpecVersion(version).Spec)) return;
            throw new BrokenWorldException($"{request.GetType().Name} was accepted, but is not recorded");
        });
    }
}
