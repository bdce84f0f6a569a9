namespace Ingestion.IndexTask.Segment;

/// <summary>The bytes are not a segment: a truncated or damaged file, or one written by something that is not Druid.</summary>
public sealed class InvalidSegmentException : Exception
{
    public InvalidSegmentException(string message)
        : base(message)
    {
    }

    public InvalidSegmentException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
