using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>The time of a row, and whether it lies in the window of wanted times.</summary>
internal sealed class RowTime(TimestampSpec timestamp)
{
    private readonly TimestampReader times = new(timestamp);

    /// <summary>Epoch milliseconds.</summary>
    public long Minimum { get; set; } = long.MinValue;
    public long Maximum { get; set; } = long.MaxValue;

    /// <summary>Reads the row's time cell.</summary>
    /// <returns>False: there is no usable time.</returns>
    public bool TryRead(ParsedRow row)
    {
        ref var cell = ref row.Time;
        var isRead = false;
        long millis = 0;
        if (cell.Kind == CellKind.Null)
        {
            isRead = timestamp.MissingValue is not null;
            millis = timestamp.MissingValue ?? 0;
        }
        else
        {
            isRead = times.TryRead(cell, cell.Kind is CellKind.Text or CellKind.Decimal ? row.TextOf(cell) : default, out millis);
        }

        row.TimeMillis = millis;
        return isRead;
    }

    public ThrownAwayReason Rejection(ParsedRow row) =>
        row.TimeMillis < Minimum ? ThrownAwayReason.BeforeMinimumMessageTime : row.TimeMillis > Maximum ? ThrownAwayReason.AfterMaximumMessageTime : ThrownAwayReason.None;
}
