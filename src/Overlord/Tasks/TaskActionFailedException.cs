namespace Ingestion.Overlord.Tasks;

/// <summary>A task action that cannot be answered: the task is unknown or over, its locks were revoked, the request makes no sense. Druid answers such with
/// status 500 and <c>{"error": message}</c>.</summary>
public sealed class TaskActionFailedException(string message) : Exception(message);
