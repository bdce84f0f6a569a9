namespace Ingestion.Supervisor;

public static class SupervisorMachine
{
    public static Transition Step(SupervisorState state, Notice notice, DateTimeOffset now) => new(state, [], [], null);
}
