namespace Ingestion.Overlord.Discovery.Health;

/// <summary>What heartbeats have shown of one worker. Of a <see cref="FailureDetector"/>; times are of its clock.</summary>
internal sealed class WatchedWorker(string nodeId, Uri address, TimeSpan since)
{
    private static readonly int Kinds = Enum.GetValues<HeartbeatFailure>().Length;
    private DecayingCount requests = new(), failures = new();
    private DecayingCount?[] byKind = new DecayingCount?[Kinds];

    public string NodeId => nodeId;
    public Uri Address => address;
    public TimeSpan Since { get; } = since;

    /// <summary>When it last answered anything; before that, since when it is watched. After the observer has stood still, since it goes on.</summary>
    public TimeSpan HeardAt { get; set; } = since;

    /// <summary>Heartbeats without an answer, in a row.</summary>
    public int Misses { get; set; }

    /// <summary>Refused connections, in a row.</summary>
    public int Refusals { get; set; }

    public TimeSpan? LastRequestAt { get; set; }
    public TimeSpan? LastResponseAt { get; set; }
    public string? LastError { get; set; }

    /// <summary>Null: it is not lost.</summary>
    public TimeSpan? LostAt { get; set; }
    public bool IsLost => LostAt is not null;

    /// <summary>When silence alone last had it declared lost; null: never.</summary>
    public TimeSpan? LostSilentlyAt { get; set; }

    /// <summary>It was silent for too long, whether it is lost for that or not, and nothing has been heard of it since.</summary>
    public bool IsUnheard { get; set; }

    /// <summary>It was lost before: taken back only once its failures have faded.</summary>
    public bool HasBeenLost { get; set; }

    /// <summary>The process that was seen there last; null: none yet.</summary>
    public string? BootId { get; private set; }

    public void Succeeded(TimeSpan now) => requests.Add(now);

    public void Failed(TimeSpan now, HeartbeatFailure failure, string message)
    {
        requests.Add(now);
        failures.Add(now);
        (byKind[(int)failure] ??= new DecayingCount()).Add(now);
        LastError = message;
    }

    /// <summary>Another process has begun there: what the one before it failed says nothing of it.</summary>
    public void Booted(string bootId)
    {
        if (BootId is not null && BootId != bootId) (requests, failures, byKind, HasBeenLost, LastError) = (new DecayingCount(), new DecayingCount(), new DecayingCount?[Kinds], false, null);
        BootId = bootId;
    }

    /// <summary>Of the last minute's heartbeats, older ones counting less: 0 to 1.</summary>
    public double FailureRatio(TimeSpan now) => requests.At(now) is > 0 and var all ? failures.At(now) / all : 0;

    public NodeHealth View(TimeSpan now, DateTimeOffset nowUtc)
    {
        var (all, failed) = (requests.At(now), failures.At(now));
        DateTimeOffset? Utc(TimeSpan? at) => at is { } then ? nowUtc - (now - then) : null;
        return new NodeHealth(nodeId, address, now - Since, all, failed, all - failed, FailureRatio(now), Utc(LastRequestAt), Utc(LastResponseAt),
            [.. Enumerable.Range(0, Kinds).Where(k => byKind[k] is not null).Select(k => ((HeartbeatFailure)k, byKind[k]!.At(now)))], LastError, Utc(LostAt));
    }
}
