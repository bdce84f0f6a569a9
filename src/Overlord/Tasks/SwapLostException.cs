namespace Ingestion.Overlord.Tasks;

/// <summary>Someone else wrote the committed offsets, or the segments, between our look and our write: the transaction is rolled back, and begun again.</summary>
internal sealed class SwapLostException(string supervisorId, string message) : Exception(message)
{
    public string SupervisorId { get; } = supervisorId;
}
