namespace Ingestion.Overlord.Metadata;

/// <summary>Log lines of the metadata stores, event ids 2000 to 2099.</summary>
internal static partial class MetadataLog
{
    [LoggerMessage(2000, LogLevel.Warning, "Skipped row {RowId} of {Table}, which cannot be read: {Reason}")]
    public static partial void RowSkipped(this ILogger logger, string rowId, string table, string reason);
}
