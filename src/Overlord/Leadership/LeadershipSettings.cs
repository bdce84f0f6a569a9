namespace Ingestion.Overlord.Leadership;

public sealed record LeadershipSettings
{
    /// <summary>Where clients and standbys reach this overlord when it leads, without a trailing slash: <c>http://host:8090</c>.</summary>
    public required string Url { get; init; }

    /// <summary>How long a leader that shows no sign of life stays leader, if its connection stands. One that dies loses its connection, which is noticed at once.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    internal TimeSpan RenewEvery => Lease / 4;

    /// <summary>A leader stops this long after it asked for its last renewal that succeeded; the rest of the lease is for what is under way.</summary>
    internal TimeSpan ActFor => Lease * 0.8;
}
