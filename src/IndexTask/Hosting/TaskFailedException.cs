namespace Ingestion.IndexTask.Hosting;

/// <summary>A task must end as failed, for the reason in the message.</summary>
internal sealed class TaskFailedException(string message) : Exception(message);
