using System.Runtime.CompilerServices;
using System.Text;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// A first or last aggregator's rows in memory: the value chosen so far, which may be null, and the time that it was chosen by. As in Druid a null string is
/// never chosen, while a null number is; of equal times the first event's value stays first and the last one's is last.
/// </summary>
internal sealed class PairRows
{
    // What Joda-Time's least and greatest instant are to Druid.
    private const long LeastInstant = long.MinValue / 2, GreatestInstant = long.MaxValue / 2;

    private readonly AggregatorSpec aggregator;
    private readonly int valueCell;
    private readonly int? timeCell;
    private readonly bool isFirst;
    private readonly long none;
    private readonly ChunkedArray<long> times = new();

    /// <param name="valueCell">Of the parsed row.</param>
    /// <param name="timeCell">Of the parsed row; null: its own time decides.</param>
    public PairRows(AggregatorSpec aggregator, int valueCell, int? timeCell)
    {
        this.aggregator = aggregator;
        this.valueCell = valueCell;
        this.timeCell = timeCell;
        isFirst = aggregator.IsFirst;
        if (aggregator.ValueKind == ValueKind.String)
            Strings = new StringRows(aggregator.Name, "ARRAY", keepsEmptyLists: false);
        else
            Numbers = new NumberRows(aggregator.Name, aggregator.ValueKind);
        none = Strings is null ? (isFirst ? long.MaxValue : long.MinValue) : isFirst ? GreatestInstant : LeastInstant;
    }

    public string Name => aggregator.Name;

    /// <summary>The values; null for strings.</summary>
    public NumberRows? Numbers { get; }

    /// <summary>The values; null for numbers. A value that gave way to another stays in the dictionary.</summary>
    public StringRows? Strings { get; }

    public long Bytes => times.Bytes + (Numbers?.Bytes ?? 0) + (Strings?.Bytes ?? 0);

    public void Append(int row, ParsedRow parsed)
    {
        ref readonly var cell = ref parsed.Cells[valueCell];
        var isChosen = TryTime(parsed, cell, out var time) && Precedes(time, none);
        var hasValue = isChosen && cell.Kind is not (CellKind.Null or CellKind.Unusable);
        times.Append(row, isChosen ? time : none);
        if (Strings is not null)
            Strings.Append(row, hasValue ? Code(parsed, cell) : 0);
        else
            Numbers!.Append(row, hasValue ? cell.Value : 0, !hasValue);
    }

    /// <summary>Takes another event into a row.</summary>
    public void Merge(int row, ParsedRow parsed)
    {
        ref readonly var cell = ref parsed.Cells[valueCell];
        if (!TryTime(parsed, cell, out var time) || !Precedes(time, times[row]))
            return;
        times[row] = time;
        if (cell.Kind == CellKind.Unusable)
            return; // Druid has noted the time when it fails to read the value
        if (Strings is not null)
            Strings.Set(row, Code(parsed, cell));
        else if (cell.Kind == CellKind.Null)
            Numbers!.SetNull(row);
        else
            Numbers!.Set(row, cell.Value);
    }

    public long[] TimesInOrder(int[] order)
    {
        var ordered = new long[order.Length];
        for (var i = 0; i < ordered.Length; i++)
            ordered[i] = times[order[i]];
        return ordered;
    }

    private bool Precedes(long time, long known) => isFirst ? time < known : time >= known;

    private bool TryTime(ParsedRow parsed, in Cell value, out long time)
    {
        time = parsed.TimeMillis;
        if (timeCell is { } at)
        {
            if (parsed.Cells[at].Kind == CellKind.Null)
                return false;
            time = parsed.Cells[at].Value;
        }

        return Strings is null || value.Kind != CellKind.Null;
    }

    private int Code(ParsedRow parsed, in Cell cell)
    {
        var text = cell.Kind switch { CellKind.True => "true"u8, CellKind.False => "false"u8, _ => parsed.TextOf(cell) };
        return text.Length <= aggregator.MaxStringBytes ? Strings!.Values.Intern(text) : Strings!.Values.Intern(Chopped(text, aggregator.MaxStringBytes));
    }

    // Druid cuts off to so many UTF-16 units and then to whole characters in so many bytes; half a surrogate pair that the first cut leaves becomes a question mark.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> Chopped(ReadOnlySpan<byte> text, int most)
    {
        var length = most;
        while (length > 0 && (text[length] & 0xC0) == 0x80)
            length--;
        if (length == most - 1 && text[length] >= 0xF0 && Ascii.IsValid(text[..length]))
            return (byte[])[.. text[..length], (byte)'?'];
        return text[..length];
    }
}
