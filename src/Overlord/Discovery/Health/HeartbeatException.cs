namespace Ingestion.Overlord.Discovery.Health;

/// <summary>How a heartbeat can fail.</summary>
internal enum HeartbeatFailure
{
    /// <summary>Nobody listens there: proof that the process is gone, where all else may be our own trouble.</summary>
    ConnectionRefused,
    Timeout,
    ConnectionBroken,
    Unreachable,
    UnknownHost,
    TlsFailed,
    NotHttp,
    Other,
}

/// <summary>A heartbeat was not answered. An <see cref="IOException"/>, since TLS wraps all others of the stream below it.</summary>
internal sealed class HeartbeatException(HeartbeatFailure failure, string message, Exception? inner = null) : IOException(message, inner)
{
    public HeartbeatFailure Failure => failure;
}
