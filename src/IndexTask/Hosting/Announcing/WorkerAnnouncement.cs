using System.Globalization;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting.Announcing;

/// <summary>What a worker says of itself.</summary>
internal static class WorkerAnnouncement
{
    /// <param name="serviceId">A UUID, the same as long as the process runs.</param>
    /// <param name="self">Its base URL.</param>
    /// <param name="cluster">The cluster that it serves; null: none yet.</param>
    public static Announcement Of(WorkerOptions options, string serviceId, Uri self, string? cluster)
    {
        var properties = AnnouncedService.PropertiesOf(self.GetLeftPart(UriPartial.Authority), WireProtocol.Release, WireProtocol.Current.ToString(CultureInfo.InvariantCulture), cluster);
        properties["capacity"] = options.Capacity.ToString(CultureInfo.InvariantCulture);
        properties["category"] = options.Category;
        return new Announcement
        {
            Environment = options.EnvironmentName,
            NodeId = options.NodeId,
            Location = $"/{options.Host}/{options.NodeId}",
            Services = [new AnnouncedService { Id = serviceId, Type = AnnouncedService.WorkerType, Properties = properties }],
        };
    }
}
