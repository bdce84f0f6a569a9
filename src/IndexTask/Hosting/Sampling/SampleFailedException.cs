namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>No events could be had; the message says why, in words for whoever asked for them.</summary>
public sealed class SampleFailedException(string message, Exception? cause = null) : Exception(message, cause);
