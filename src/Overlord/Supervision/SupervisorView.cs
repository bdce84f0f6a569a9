using Ingestion.Contracts.Specs;
using Ingestion.Supervisor;
using Ingestion.Supervisor.Health;
using Ingestion.Supervisor.Status;
using Ingestion.Supervisor.Values;

namespace Ingestion.Overlord.Supervision;

/// <summary>A supervisor as the API shows it.</summary>
/// <param name="State">Null until it has been loaded.</param>
/// <param name="Trouble">Why its last step was void, the database being unreachable for instance; null when all is well.</param>
internal sealed record SupervisorView(SupervisorSpec Spec, SupervisorState? State, bool Terminated, string? Trouble)
{
    private const string Pending = "PENDING", Unhealthy = "UNHEALTHY_SUPERVISOR";

    public string Id => Spec.Id;

    /// <summary>Druid's status; PENDING until the supervisor has been loaded, UNHEALTHY_SUPERVISOR with the reason while its steps are void.</summary>
    public StatusReport Report(DateTimeOffset now)
    {
        if (State is { Spec: not null } && Trouble is null) return SupervisorStatus.Of(State, now);
        var bare = SupervisorStatus.Of(SupervisorState.Initial(Spec.Id) with { Spec = Spec }, now);
        return Trouble is null
            ? bare with { State = Pending, DetailedState = Pending }
            : bare with { State = Unhealthy, DetailedState = Unhealthy, Healthy = false, RecentErrors = new ValueList<ErrorEvent>([new ErrorEvent(now, "VoidStep", Trouble, IsStream: false)]) };
    }
}
