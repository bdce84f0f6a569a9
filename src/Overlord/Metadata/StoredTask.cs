using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Metadata;

/// <summary>A row of the tasks table without its payload.</summary>
/// <param name="Type">Null in rows of old Druid releases, as <paramref name="GroupId"/>.</param>
public sealed record StoredTask(string Id, DateTimeOffset CreatedAt, string DataSource, bool Active, string? Type, string? GroupId, IndexTaskStatus Status);

/// <summary>An active task with its payload.</summary>
public sealed record ActiveTask(IndexTaskPayload Payload, DateTimeOffset CreatedAt);

/// <summary>Which tasks to list; a null member does not restrict.</summary>
public sealed record TaskFilter
{
    public bool? Active { get; init; }

    /// <summary>Created at this time or later; before <see cref="Until"/>.</summary>
    public DateTimeOffset? Since { get; init; }
    public DateTimeOffset? Until { get; init; }
    public string? DataSource { get; init; }
    public string? Type { get; init; }

    /// <summary>At most so many, the newest.</summary>
    public int? Limit { get; init; }
}
