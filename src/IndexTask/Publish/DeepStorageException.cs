namespace Ingestion.IndexTask.Publish;

/// <summary>Deep storage cannot be reached, or refuses; the message says which, in words for an operator.</summary>
public sealed class DeepStorageException(string message, Exception? cause = null) : IOException(message, cause);
