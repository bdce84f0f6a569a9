using System.Security.Cryptography;
using System.Text;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>What an overlord says of itself, or another of it: the same, since all that names it is made of its URL.</summary>
internal static class OverlordAnnouncement
{
    /// <param name="url">Base URL, as others reach it.</param>
    /// <param name="clusterId">Null: not known yet.</param>
    public static Announcement Of(string url, string environment, string release, string protocol, string? clusterId)
    {
        var properties = AnnouncedService.PropertiesOf(url.TrimEnd('/'), release, protocol, clusterId);
        properties["coordinator"] = "true"; // Presto's word for it
        return new Announcement
        {
            Environment = environment,
            NodeId = NodeId(url),
            Location = $"/{new Uri(url).Host}/{NodeId(url)}",
            Services = [new AnnouncedService { Id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(url)).AsSpan(0, 16)).ToString(), Type = AnnouncedService.OverlordType, Properties = properties }],
        };
    }

    /// <summary>HOST:PORT.</summary>
    public static string NodeId(string url) => new Uri(url).Authority;
}
