using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Publish;

/// <summary>The actions of one task, typed.</summary>
public sealed class TaskActions(OverlordClient overlord, IndexTaskPayload task, Action<string?> trouble)
{
    private readonly TaskIdentity identity = new() { Id = task.Id, GroupId = task.GroupId, DataSource = task.DataSource };

    /// <summary>Null: no segment can be had for this time (the overlord could not get the lock, say).</summary>
    public Task<SegmentIdWithShardSpec?> Allocate(TaskAction.SegmentAllocate action, CancellationToken cancellation) => Do(action, ContractsJson.Default.SegmentIdWithShardSpec, cancellation);

    public async Task<SegmentPublishResult> Insert(TaskAction.SegmentTransactionalInsert action, CancellationToken cancellation) =>
        await Do(action, ContractsJson.Default.SegmentPublishResult, cancellation) ?? throw new TaskActionRefusedException("the overlord answered the publish with null");

    public async Task<IReadOnlyList<DataSegment>> Retrieve(string dataSource, IReadOnlyList<string> segmentIds, CancellationToken cancellation) =>
        await Do(new TaskAction.RetrieveSegmentsById { DataSource = dataSource, SegmentIds = segmentIds }, ContractsJson.Default.IReadOnlyListDataSegment, cancellation) ?? [];

    public Task<bool> Checkpoint(TaskAction.CheckPointDataSourceMetadata action, CancellationToken cancellation) => Do(action, ContractsJson.Default.Boolean, cancellation);

    private async Task<T?> Do<T>(TaskAction action, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        var result = await overlord.Do(new TaskActionRequest { Task = identity, Action = action }, trouble, cancellation);
        return result.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? default : result.Deserialize(type);
    }
}
