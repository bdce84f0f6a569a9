namespace Ingestion.Overlord.Tasks.Kill;

/// <summary>A kill task cannot go on; the message says why, and becomes its status.</summary>
internal sealed class KillFailedException(string message) : Exception(message);
