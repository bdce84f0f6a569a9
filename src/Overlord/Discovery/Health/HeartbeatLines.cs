using Ingestion.Access;

namespace Ingestion.Overlord.Discovery.Health;

/// <summary>Opens lines to workers, with this process's trust in certificates.</summary>
internal sealed class HeartbeatLines(AccessOptions access)
{
    public HeartbeatLine Open(Uri address) => new(address, access.Trusted?.ClientOptions());
}
