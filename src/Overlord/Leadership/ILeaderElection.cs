namespace Ingestion.Overlord.Leadership;

/// <summary>How one overlord of a cluster comes to lead. Whoever elects, PostgreSQL fences: to have won means to have raised the epoch row, so that epochs rise
/// also when the kind of election changes, and two overlords that both believe they lead cannot both change anything.</summary>
public interface ILeaderElection
{
    /// <summary>As <c>/status/coordination</c> has it.</summary>
    string Kind { get; }

    /// <summary>Waits until this overlord leads. Errors of what elects are the caller's to retry.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database refused or is not there.</exception>
    /// <exception cref="IOException">What elects, other than the database, is not there.</exception>
    Task<ILeaderTerm> AcquireAsync(CancellationToken stop);

    /// <summary>The epoch and who leads; no URL when nobody does.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database refused or is not there.</exception>
    Task<LeaderRow> CurrentAsync(CancellationToken stop = default);
}

/// <summary>One overlord's time as leader. Disposing resigns: standbys take over at once.</summary>
public interface ILeaderTerm : IAsyncDisposable
{
    /// <summary>The fencing number: higher than any before.</summary>
    long Epoch { get; }

    /// <summary>Cancelled when this overlord must no longer act as leader, by its own monotonic clock before anybody else may, and on disposal.</summary>
    CancellationToken Lost { get; }

    /// <summary>For how long it may act without another renewal; zero when it is over.</summary>
    TimeSpan Left { get; }
}

/// <summary>What the database says of leadership.</summary>
/// <param name="Epoch">0: there has never been a leader.</param>
/// <param name="Url">The base URL of the overlord whose lease runs; null when nobody leads.</param>
/// <param name="LeaseLeft">By the database's clock; zero when nobody leads.</param>
public sealed record LeaderRow(long Epoch, string? Url, TimeSpan LeaseLeft);
