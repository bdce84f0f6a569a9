using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>The state of this worker's process, as <c>GET /v1/info/state</c> and every <see cref="WorkerState"/> tell it. Safe from any thread.</summary>
internal sealed class WorkerLife
{
    private readonly Lock gate = new();
    private bool isShuttingDown;
    private string? incompatibility;

    /// <summary>Raised after <see cref="State"/> has changed, by the thread that changed it.</summary>
    public event Action? Changed;

    /// <summary>Not announced yet: it warms up.</summary>
    public bool IsStarting { get; set { lock (gate) field = value; } } = true;

    /// <summary>Being told to end outweighs the rest.</summary>
    public LifeState State
    {
        get { lock (gate) return StateNow(); }
    }

    /// <summary>True: it is to give its tasks away and takes no new ones. May be taken back.</summary>
    public bool IsShuttingDown
    {
        get { lock (gate) return isShuttingDown; }
        set => Set(() => isShuttingDown = value);
    }

    /// <summary>Why the leader can give it no work: names both versions. Null: it can.</summary>
    public string? Incompatibility
    {
        get { lock (gate) return incompatibility; }
        set => Set(() => incompatibility = value);
    }

    private LifeState StateNow() => isShuttingDown ? LifeState.ShuttingDown : incompatibility is not null ? LifeState.Inactive : LifeState.Active;

    private void Set(Action change)
    {
        lock (gate)
        {
            var before = StateNow();
            change();
            if (StateNow() == before) return;
        }
        Changed?.Invoke();
    }
}
