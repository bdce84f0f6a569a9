using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks.Core;

/// <summary>A lock as a row of the tasklocks table: a task's share in it.</summary>
public sealed record HeldLock(long RowId, string TaskId, TaskLock Lock);
