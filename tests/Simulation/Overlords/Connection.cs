using Ingestion.Contracts.Tasks;
using Ingestion.Simulation.Workers;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation.Overlords;

/// <summary>Follows a worker by long polls and says when it is lost: <c>WorkerConnection</c>. Polls are longer than production's, which changes nothing but the
/// number of reports that say nothing new.</summary>
internal sealed class Connection(World world, Term term, Dispatcher dispatcher, SimulatedWorker worker)
{
    private const int PollMillis = 5_000, RetryMillis = 250, CallTimeout = 6_000, SilenceMillis = 15_000, RefusalsUntilLost = 2;

    private WorkerState? last;
    private long lastAnswer = world.Time.Now;
    private int refusals;

    public SimulatedWorker Worker => worker;

    public void Poll()
    {
        if (term.IsOver || !dispatcher.Follows(this)) return;
        var isOver = false;
        void Once(Action what)
        {
            if (isOver || term.IsOver || !dispatcher.Follows(this)) return;
            isOver = true;
            what();
        }
        world.Network.Send(() =>
        {
            if (worker.IsSilent) return;
            if (!worker.IsAlive) { world.Time.After(2, () => Once(() => NoAnswer(isRefused: true))); return; }
            if (!worker.Admit(term.Epoch)) { world.Time.After(2, () => Once(() => NoAnswer(isRefused: false))); return; }
            worker.Wait(last?.Counter ?? -1, PollMillis, () =>
            {
                if (!worker.IsAlive) { Once(() => NoAnswer(isRefused: true)); return; }
                if (worker.IsSilent) return;
                var state = worker.State(last?.BootId, last?.Revision);
                world.Network.Send(() => Once(() => Answered(state)));
            });
        });
        world.Time.After(CallTimeout, () => Once(() => NoAnswer(isRefused: false)));
    }

    private void Answered(WorkerState state)
    {
        (lastAnswer, refusals, last) = (world.Time.Now, 0, state);
        dispatcher.Observed(this, state);
        Poll();
    }

    private void NoAnswer(bool isRefused)
    {
        refusals = isRefused ? refusals + 1 : 0;
        if (refusals >= RefusalsUntilLost) dispatcher.Lost(this, "connection refused");
        else if (world.Time.Now - lastAnswer > SilenceMillis) dispatcher.Lost(this, "silent");
        else world.Time.After(RetryMillis, Poll);
    }
}
