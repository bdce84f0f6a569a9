using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Tasks;

/// <summary>The answer of <c>GET /v1/service</c>, <c>/v1/service/{type}</c> and <c>/v1/service/{type}/{pool}</c> (airlift/discovery).</summary>
public sealed record ServiceListing
{
    public required string Environment { get; init; }
    public required IReadOnlyList<ListedService> Services { get; init; }
}

public sealed record ListedService
{
    public required string Id { get; init; }
    public string? NodeId { get; init; }
    public required string Type { get; init; }
    public string Pool { get; set; } = "general";
    public string? Location { get; init; }
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <summary>Members that only who announced them knows.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>With a slash at its end; null: it names none that can be used.</summary>
    [JsonIgnore] public Uri? BaseUrl => ServiceUrl.Of(Properties);
}

internal static class ServiceUrl
{
    public static Uri? Of(IReadOnlyDictionary<string, string> properties) =>
        (properties.GetValueOrDefault(AnnouncedService.Https) ?? properties.GetValueOrDefault(AnnouncedService.Http)) is { } text
        && Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) ? url : null;
}
