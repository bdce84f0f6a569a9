namespace Ingestion.Embedded.Chaos;

public enum FaultTarget
{
    Overlord,
    Worker,

    /// <summary>An overlord's way to PostgreSQL.</summary>
    OverlordsDatabase,
    Postgres,

    /// <summary>The broker; what is cut is everybody's way to it.</summary>
    Kafka,
}
