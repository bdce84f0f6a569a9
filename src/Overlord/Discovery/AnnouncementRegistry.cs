using System.Collections.Concurrent;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>Who has announced itself: Presto's discovery protocol (airlift/discovery), kept in memory by every overlord. An announcement
/// lives for 30 s and is renewed sooner by its node.</summary>
internal sealed class AnnouncementRegistry(TimeProvider time, string environment)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);
    private const int Limit = 10_000;
    private readonly ConcurrentDictionary<string, (Announcement Announcement, DateTimeOffset At)> nodes = new(StringComparer.Ordinal);

    public string Environment => environment;

    /// <summary>Raised after a node has announced itself anew or again.</summary>
    public event Action<string, Announcement>? Announced;

    /// <summary>Raised after a node has withdrawn its announcement.</summary>
    public event Action<string>? Withdrawn;

    /// <returns>Null, or why the announcement is refused.</returns>
    public string? Put(string nodeId, Announcement announcement)
    {
        if (announcement.Environment != environment) return $"Environment mismatch: expected [{environment}], provided [{announcement.Environment}]";
        if (Missing(announcement) is { } missing) return $"The announcement lacks {missing}";
        Sweep();
        if (nodes.Count >= Limit && !nodes.ContainsKey(nodeId)) return $"There are already {Limit} announcements";
        nodes[nodeId] = (announcement with { NodeId = nodeId, Location = announcement.Location ?? $"/somewhere/{nodeId}", Pool = announcement.Pool ?? "general" }, time.GetUtcNow());
        Announced?.Invoke(nodeId, announcement);
        return null;
    }

    public void Remove(string nodeId)
    {
        if (nodes.TryRemove(nodeId, out _)) Withdrawn?.Invoke(nodeId);
    }

    /// <summary>All live announcements, ordered by node id.</summary>
    public IReadOnlyList<Announcement> Live()
    {
        Sweep();
        return [.. nodes.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => n.Value.Announcement)];
    }

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

    private void Sweep()
    {
        var now = time.GetUtcNow();
        foreach (var (nodeId, entry) in nodes)
            if (now - entry.At > MaxAge) nodes.TryRemove(KeyValuePair.Create(nodeId, entry));
    }
}
