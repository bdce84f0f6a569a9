namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>A list passed 2 GiB, where Druid goes over to a layout that is not written here; the caller knows the column.</summary>
internal sealed class SegmentListTooLargeException : Exception;
