namespace Ingestion.Supervisor;

/// <summary>A bug: the state contradicts itself. The supervisor is stopped, reported unhealthy and loaded again.</summary>
public sealed class InvariantViolation(int number, string message) : Exception($"invariant {number}: {message}")
{
    public int Number { get; } = number;
}
