using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>Who has announced itself: Presto's discovery protocol (airlift/discovery), kept in memory by every overlord. What a node PUTs lives for 30 s and is renewed sooner. What another source lists (a discovery
/// server, the metadata database) stays until that source lists something else: one that is away takes nobody along, nor does one that is back with nothing in its memory. A node that does both counts by its own PUT.</summary>
internal sealed class AnnouncementRegistry : IDisposable
{
    /// <summary>How long an announcement counts. A node renews its own several times meanwhile, also at a discovery server that has forgotten all.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    /// <summary>How long a node that is gone is remembered, for those who ask why it gets no tasks.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    /// <summary>A pause of this process this long is its own: what would have run out meanwhile has another chance, for as long as a slow client takes to renew.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1), Stall = TimeSpan.FromSeconds(3), Chance = TimeSpan.FromSeconds(10);
    private const int Limit = 10_000, GoneLimit = 1_000;

    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Heard> put = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Dictionary<string, Heard>> listed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Gone> gone = new(StringComparer.Ordinal);
    private readonly ITimer looks;
    private long lookedAt;
    private long? stalledUntil;

    public AnnouncementRegistry(TimeProvider time, string environment)
    {
        (this.time, Environment, lookedAt) = (time, environment, time.GetTimestamp());
        looks = time.CreateTimer(_ => LookForStall(), null, Look, Look);
    }

    public string Environment { get; }

    /// <summary>The id of this overlord's cluster; null until it is read from the database.</summary>
    public string? ClusterId { get; set; }

    /// <summary>Raised after a node has announced itself anew or again.</summary>
    public event Action<string, Announcement>? Announced;

    /// <summary>Raised after a node has withdrawn its announcement.</summary>
    public event Action<string>? Withdrawn;

    /// <param name="from">The address that it came from.</param>
    /// <returns>Null, or why the announcement is refused.</returns>
    public string? Put(string nodeId, Announcement announcement, string from)
    {
        var missing = Missing(announcement);
        if (missing is not null && announcement.Environment == Environment) return $"The announcement lacks {missing}";
        var complete = announcement with { NodeId = nodeId, Location = announcement.Location ?? $"/somewhere/{nodeId}", Pool = announcement.Pool ?? "general", Services = missing is null ? announcement.Services : [] };
        var heard = new Heard(complete, from, time.GetTimestamp(), time.GetUtcNow());
        string? objection;
        var wasTaken = false;
        lock (gate)
        {
            Sweep();
            objection = Objection(complete);
            if (objection is not null)
            {
                wasTaken = put.Remove(nodeId);
                Remember(nodeId, heard, AnnouncementStanding.Refused, Wrong(objection));
            }
            else if (put.Count >= Limit && !put.ContainsKey(nodeId)) return $"There are already {Limit} announcements";
            else
            {
                put[nodeId] = heard;
                gone.Remove(nodeId);
            }
        }
        if (objection is null) Announced?.Invoke(nodeId, complete);
        else if (wasTaken) Withdrawn?.Invoke(nodeId);
        return objection;
    }

    /// <summary>Takes in all that another source knows; it stays until the same source lists something else.</summary>
    /// <param name="source">A discovery server's address, "metadata database".</param>
    /// <param name="grace">How long a node counts that the source no longer lists.</param>
    public void List(string source, IReadOnlyList<Announcement> announcements, TimeSpan grace = default)
    {
        var (at, now) = (time.GetTimestamp(), time.GetUtcNow());
        List<string> delisted = [];
        List<Announcement> taken = [];
        var named = announcements.Select(a => a.NodeId).ToHashSet(StringComparer.Ordinal);
        lock (gate)
        {
            var before = listed.GetValueOrDefault(source);
            var after = listed[source] = new Dictionary<string, Heard>(StringComparer.Ordinal);
            foreach (var announcement in announcements)
            {
                if (announcement.NodeId is not { } nodeId || Missing(announcement) is not null) continue;
                var heard = new Heard(announcement, source, at, now);
                if (Objection(announcement) is { } objection) Remember(nodeId, heard, AnnouncementStanding.Refused, Wrong(objection));
                else if (after.TryAdd(nodeId, heard)) { taken.Add(announcement); gone.Remove(nodeId); }
            }
            foreach (var (nodeId, heard) in before?.AsEnumerable() ?? [])
            {
                if (after.ContainsKey(nodeId)) continue;
                var (isExplained, missingSince) = (gone.ContainsKey(nodeId), heard.MissingSince ?? at); // it has been refused, or has told us itself that it leaves
                if (!isExplained && !named.Contains(nodeId) && time.GetElapsedTime(missingSince, at) < grace) after.Add(nodeId, heard with { MissingSince = missingSince });
                else if (!put.ContainsKey(nodeId))
                {
                    if (!isExplained) Remember(nodeId, heard, AnnouncementStanding.Withdrawn, $"{source} no longer lists it");
                    delisted.Add(nodeId);
                }
            }
        }
        foreach (var announcement in taken) Announced?.Invoke(announcement.NodeId!, announcement);
        foreach (var nodeId in delisted) Withdrawn?.Invoke(nodeId);
    }

    /// <summary>A node takes its announcement back.</summary>
    public void Remove(string nodeId)
    {
        lock (gate)
        {
            if (!put.Remove(nodeId, out var heard)) return;
            Remember(nodeId, heard, AnnouncementStanding.Withdrawn, "it took its announcement back");
        }
        Withdrawn?.Invoke(nodeId);
    }

    /// <summary>All live announcements, ordered by node id.</summary>
    public IReadOnlyList<Announcement> Live()
    {
        lock (gate)
        {
            Sweep();
            return [.. Current().OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => n.Value.Announcement)];
        }
    }

    /// <summary>All nodes that are known, those included whose announcement ran out, was taken back or was refused in the last 10 minutes; ordered by node id.</summary>
    public IReadOnlyList<AnnouncedNode> Nodes()
    {
        lock (gate)
        {
            Sweep();
            var current = Current();
            var live = current.Select(n => Node(n.Key, n.Value, AnnouncementStanding.Live, null));
            var over = gone.Where(g => !current.ContainsKey(g.Key)).Select(g => Node(g.Key, g.Value.Heard, g.Value.Standing, g.Value.Reason));
            return [.. live.Concat(over).OrderBy(n => n.NodeId, StringComparer.Ordinal)];
        }
    }

    public void Dispose() => looks.Dispose();

    private AnnouncedNode Node(string nodeId, Heard heard, AnnouncementStanding standing, string? reason) =>
        new(nodeId, heard.Announcement, standing, heard.At, time.GetElapsedTime(heard.Timestamp), heard.From, reason);

    private Dictionary<string, Heard> Current()
    {
        var current = new Dictionary<string, Heard>(put, StringComparer.Ordinal);
        foreach (var source in listed.Values)
            foreach (var (nodeId, heard) in source) current.TryAdd(nodeId, heard);
        return current;
    }

    private string? Objection(Announcement announcement)
    {
        if (announcement.Environment != Environment) return $"Environment mismatch. Expected: {Environment}, Provided: {announcement.Environment ?? "null"}";
        var cluster = announcement.Services.Select(s => s.Properties.GetValueOrDefault(AnnouncedService.ClusterId)).FirstOrDefault(c => c is not null && c != ClusterId);
        return ClusterId is null || cluster is null ? null : $"Cluster mismatch. Expected: {ClusterId}, Provided: {cluster}";
    }

    /// <summary>What is said to people, where airlift's words are for the node.</summary>
    private static string Wrong(string objection) => $"wrong {(objection.StartsWith("Environment", StringComparison.Ordinal) ? "environment" : "cluster")} ({objection})";

    /// <summary>JSON's null gets past C#'s non-nullable types; nothing that is null is kept.</summary>
    private static string? Missing(Announcement announcement)
    {
        if (announcement.Services is not { } services) return "[services]";
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i] is not { } service) return $"[services[{i}]]";
            if (service.Id is null) return $"[services[{i}].id]";
            if (service.Type is null) return $"[services[{i}].type]";
            if (service.Properties is not { } properties) return $"[services[{i}].properties]";
            foreach (var (name, value) in properties)
                if (value is null) return $"[services[{i}].properties.{name}]";
        }
        return null;
    }

    private void LookForStall()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(lookedAt, now) > Stall) stalledUntil = now;
            lookedAt = now;
            Sweep();
        }
    }

    private void Sweep()
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(lookedAt, now) > Stall) (stalledUntil, lookedAt) = (now, now); // asked before the timer had its turn
        foreach (var (nodeId, heard) in put.Where(n => time.GetElapsedTime(n.Value.Timestamp, now) > MaxAge).ToList())
        {
            if (stalledUntil is { } stalled && time.GetElapsedTime(stalled, now) < Chance) continue;
            put.Remove(nodeId);
            Remember(nodeId, heard, AnnouncementStanding.Expired, null);
        }
        foreach (var (nodeId, _) in gone.Where(g => time.GetElapsedTime(g.Value.Since, now) > Remembered).ToList()) gone.Remove(nodeId);
    }

    private void Remember(string nodeId, Heard heard, AnnouncementStanding standing, string? reason)
    {
        if (gone.Count >= GoneLimit && !gone.ContainsKey(nodeId)) gone.Remove(gone.MinBy(g => g.Value.Since).Key);
        gone[nodeId] = new Gone(heard, standing, reason, time.GetTimestamp());
    }

    /// <param name="Timestamp">When, by the clock that nobody sets.</param>
    private sealed record Heard(Announcement Announcement, string From, long Timestamp, DateTimeOffset At)
    {
        /// <summary>Since when its source does not list it any more, likewise; null: it does.</summary>
        public long? MissingSince { get; init; }
    }

    /// <param name="Since">When it went, likewise; of one that is refused, its last PUT.</param>
    private sealed record Gone(Heard Heard, AnnouncementStanding Standing, string? Reason, long Since);
}
