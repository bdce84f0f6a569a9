namespace Ingestion.Overlord.ZooKeeper;

/// <summary>ZooKeeper did not do what it was asked, or did not answer.</summary>
/// <param name="code">Of <c>enum ZOO_ERRORS</c> in zookeeper.h.</param>
internal sealed class ZooKeeperException(int code, string message) : IOException(message)
{
    public int Code => code;

    /// <summary>Whether it was done is not known; the session may be well.</summary>
    public bool IsConnectionLoss => code is ZooKeeperLibrary.ConnectionLoss or ZooKeeperLibrary.OperationTimeout;
}
