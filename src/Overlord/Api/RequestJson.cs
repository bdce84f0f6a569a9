using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Segments;

namespace Ingestion.Overlord.Api;

/// <summary>Bodies that only the API knows.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HandOff))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(IReadOnlyList<LockFilter>))]
[JsonSerializable(typeof(SegmentFilter))]
internal sealed partial class RequestJson : JsonSerializerContext;

/// <summary>Of <c>/supervisor/{id}/taskGroups/handoff</c>.</summary>
internal sealed record HandOff(IReadOnlyList<int>? TaskGroupIds);

/// <summary>Druid's <c>LockFilterPolicy</c>: which locks of a dataSource are asked for.</summary>
/// <param name="Datasource">Spelled like this in Druid too.</param>
/// <param name="Priority">The least priority of a lock that counts; null: all count.</param>
/// <param name="Intervals">Locks that overlap none of them do not count; null or empty: all count.</param>
/// <param name="Context">Of the task that would take a lock; null: none.</param>
internal sealed record LockFilter(string? Datasource, int? Priority, IReadOnlyList<Interval>? Intervals, JsonElement? Context);

/// <summary>Druid's <c>SegmentsToUpdateFilter</c>: an interval, and of which versions; or ids.</summary>
internal sealed record SegmentFilter(Interval? Interval, IReadOnlyList<string>? SegmentIds, IReadOnlyList<string>? Versions)
{
    public bool IsValid => Interval is not null ? SegmentIds is not { Count: > 0 } : SegmentIds is { Count: > 0 } && Versions is not { Count: > 0 };
}
