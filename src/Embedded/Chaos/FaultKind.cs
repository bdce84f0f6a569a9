namespace Ingestion.Embedded.Chaos;

public enum FaultKind
{
    /// <summary>kill -9 (PostgreSQL: an immediate stop), and a start when the fault is over.</summary>
    Kill,

    /// <summary>SIGTERM (PostgreSQL: a fast stop), and a start at once.</summary>
    Restart,

    /// <summary>SIGSTOP (PostgreSQL: of all its processes), and SIGCONT when the fault is over.</summary>
    Suspend,

    /// <summary>Connections to it are reset, and new ones refused.</summary>
    Refuse,

    /// <summary>Connections to it stand, but nothing comes through until the fault is over.</summary>
    Silence,

    /// <summary>Connections to it that stand are dead, of which neither side hears; new ones pass.</summary>
    Forget,
}
