namespace Ingestion.Overlord.Supervision;

/// <summary>What the API needs to know of leadership.</summary>
internal interface ILeadership
{
    /// <summary>Elected, and everything loaded.</summary>
    bool IsLeading { get; }
    string OwnUrl { get; }

    /// <summary>Why this overlord could not lead when it last tried: the database is away, for instance. Null: it has not failed, it waits.</summary>
    string? Trouble { get; }

    /// <summary>The base URL of whoever leads, as the database has it; null while nobody does.</summary>
    Task<string?> LeaderUrlAsync(CancellationToken cancellation);
}
