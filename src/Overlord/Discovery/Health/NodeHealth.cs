namespace Ingestion.Overlord.Discovery.Health;

/// <summary>What Presto's <c>/v1/node</c> tells of a node. Counts fade over a minute (<see cref="DecayingCount"/>).</summary>
/// <param name="RecentFailureRatio">0 to 1.</param>
/// <param name="LastError">In words; null: no heartbeat has failed.</param>
/// <param name="LostAt">Null: it is not lost.</param>
internal sealed record NodeHealth(
    string NodeId, Uri Address, TimeSpan Age, double RecentRequests, double RecentFailures, double RecentSuccesses, double RecentFailureRatio,
    DateTimeOffset? LastRequestTime, DateTimeOffset? LastResponseTime, IReadOnlyList<(HeartbeatFailure Failure, double Count)> RecentFailuresByType, string? LastError, DateTimeOffset? LostAt)
{
    /// <summary>"failing heartbeats, ratio 0.23 over 1 min, last error ..."</summary>
    public string FailingInWords => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"failing heartbeats, ratio {RecentFailureRatio:0.00} over 1 min, last error: {LastError ?? "none"}");
}
