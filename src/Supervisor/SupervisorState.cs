namespace Ingestion.Supervisor;

public sealed record SupervisorState
{
    public DateTimeOffset WakeAt { get; init; }
}
