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

    /// <summary>Its service as a worker; null: it is none.</summary>
    public AnnouncedService? Worker => Announcement.Services.FirstOrDefault(s => s.Type == AnnouncedService.WorkerType);

    /// <summary>Why it gets no tasks, as far as its announcement tells; null: nothing in it stands against them.</summary>
    public string? Objection => Standing switch
    {
        AnnouncementStanding.Live => Worker is { } worker ? Incompatibility(worker) : null,
        AnnouncementStanding.Expired => $"announcement expired, last PUT {Age.TotalSeconds:0} s ago from {From}",
        AnnouncementStanding.Withdrawn => $"announcement withdrawn: {Reason}, last heard of {Age.TotalSeconds:0} s ago from {From}",
        AnnouncementStanding.Refused => $"{Reason}, last PUT {Age.TotalSeconds:0} s ago from {From}",
        _ => throw new ArgumentOutOfRangeException(nameof(Standing), Standing, "is no standing"),
    };

    /// <summary>Why a worker of that version gets no tasks, naming both versions; null: it may.</summary>
    public static string? Incompatibility(AnnouncedService worker) =>
        WireProtocol.Objection(worker.Properties.GetValueOrDefault(AnnouncedService.Protocol), worker.Properties.GetValueOrDefault(AnnouncedService.NodeVersion), "the worker", "this overlord");
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
