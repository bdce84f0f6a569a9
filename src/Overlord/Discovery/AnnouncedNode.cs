using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>What is known of a node's announcement, also for a while after it is over.</summary>
/// <param name="Announcement">The last one.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="HeardAt">When it was last heard of.</param>
/// <param name="Age">Since then, by a clock that nobody sets.</param>
/// <param name="From">The address that its last PUT came from, or what lists it: a discovery server's address, "metadata database".</param>
/// <param name="Reason">Why it does not count; null where it does.</param>
internal sealed record AnnouncedNode(string NodeId, Announcement Announcement, AnnouncementStanding Standing, DateTimeOffset HeardAt, TimeSpan Age, string From, string? Reason)
{
    public bool IsLive => Standing == AnnouncementStanding.Live;

    /// <summary>The services of workers in it; there is one as a rule.</summary>
    public IEnumerable<AnnouncedService> Workers => Announcement.Services.Where(s => s.Type == AnnouncedService.WorkerType);
}

internal enum AnnouncementStanding
{
    Live,

    /// <summary>Not renewed in time.</summary>
    Expired,

    /// <summary>Taken back by its node, or no longer listed by the server that listed it.</summary>
    Withdrawn,

    /// <summary>Of another environment or cluster: never taken.</summary>
    Refused,
}
