using Ingestion.Contracts.Specs;
using Ingestion.Supervisor;
using Ingestion.Supervisor.Status;

namespace Ingestion.Overlord.Supervision;

/// <summary>A supervisor as the API shows it.</summary>
/// <param name="State">Null until it has been loaded.</param>
/// <param name="Trouble">Why its last step was void, the database being unreachable for instance; null when all is well.</param>
internal sealed record SupervisorView(SupervisorSpec Spec, SupervisorState? State, bool Terminated, string? Trouble)
{
    public string Id => Spec.Id;

    /// <summary>Druid's status; PENDING until the supervisor has been loaded.</summary>
    public StatusReport Report(DateTimeOffset now) => State is { Spec: not null }
        ? SupervisorStatus.Of(State, now)
        : SupervisorStatus.Of(SupervisorState.Initial(Spec.Id) with { Spec = Spec }, now) with { State = Pending, DetailedState = Pending };

    private const string Pending = "PENDING";
}
