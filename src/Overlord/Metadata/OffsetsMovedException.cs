namespace Ingestion.Overlord.Metadata;

/// <summary>What is committed is not what a supervisor took it for.</summary>
public sealed class OffsetsMovedException(string message) : Exception(message);
