namespace Ingestion.IndexTask.Publish;

/// <summary>The overlord answered an action with an error that asking again will not change.</summary>
public sealed class TaskActionRefusedException(string message) : Exception(message);
