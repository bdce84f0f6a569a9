using Ingestion.Overlord.Leadership;

namespace Ingestion.Overlord.Supervision;

/// <summary>What the API needs to know of leadership.</summary>
internal interface ILeadership
{
    /// <summary>Elected, and everything loaded.</summary>
    bool IsLeading { get; }
    string OwnUrl { get; }

    /// <summary>Who elects: postgresql or zookeeper.</summary>
    string Kind { get; }

    /// <summary>For how long this overlord may lead without another renewal; zero while it does not.</summary>
    TimeSpan LeaseLeft { get; }

    /// <summary>What Druid's services see of this overlord through ZooKeeper: where, and in words; null: they are not told.</summary>
    (string ZooKeeper, string State)? Presence { get; }

    /// <summary>Why this overlord could not lead when it last tried: the database is away, for instance. Null: it has not failed, it waits.</summary>
    string? Trouble { get; }

    /// <summary>The base URL of whoever leads, as the database has it; null while nobody does.</summary>
    Task<string?> LeaderUrlAsync(CancellationToken cancellation);

    /// <summary>What the database says of leadership; null when it cannot be asked.</summary>
    Task<LeaderRow?> CurrentAsync(CancellationToken cancellation);

    /// <summary>Stands down, so that another overlord takes over.</summary>
    /// <returns>Who leads then; null: no other one did so, and this one leads again.</returns>
    Task<LeaderRow?> ResignAsync(CancellationToken cancellation);
}
