namespace Ingestion.IndexTask.Publish;

/// <summary>A sequence cannot be published, now or later.</summary>
public sealed class PublishFailedException(string message) : Exception(message);
