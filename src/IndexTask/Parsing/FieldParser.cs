using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Expressions;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// Reads events of any input format, by way of fields by name: bytes -> <see cref="EventRecord"/>s -> <see cref="FieldValues"/> -> cells. Transforms are between the
/// last two: values computed from other values are again <see cref="FieldValues"/>. Unlike <see cref="EventParser"/> it makes objects for each event.
/// </summary>
internal sealed class FieldParser : IEventParser
{
    private readonly TimestampSpec timestamp;
    private readonly IRecordFormat format;
    private readonly RowTime time;
    private readonly FieldCells cells;
    private readonly RowTransforms? transforms;
    private IReadOnlyList<EventRecord> records = [];
    private int record, rowOfRecord;
    private long number; // of records, as Druid counts them: those before it that could be read, and 1

    public FieldParser(DataSchema schema, InputFormat input) : this(schema, input, new FieldTable(schema), new RowTime(schema.Timestamp)) { }

    /// <param name="fields">Those met so far; this parser adds to them.</param>
    /// <param name="time">Shared with whoever else reads such events.</param>
    public FieldParser(DataSchema schema, InputFormat input, FieldTable fields, RowTime time)
    {
        this.time = time;
        timestamp = schema.Timestamp;
        format = IRecordFormat.For(input, schema);
        cells = new FieldCells(fields);
        transforms = schema.Transforms.IsNone ? null : new RowTransforms(schema.Transforms);
    }

    public long MinimumMessageTime { get => time.Minimum; set => time.Minimum = value; }

    public long MaximumMessageTime { get => time.Maximum; set => time.Maximum = value; }

    public bool GivesOneRow => false;

    /// <summary>The row that was read last, before it became cells.</summary>
    internal FieldValues? Fields { get; private set; }

    /// <summary>The record that the last result is of.</summary>
    internal EventRecord Record { get; private set; }

    /// <summary>Which row of the record it is of; null: of the record as a whole, none of whose rows can be read.</summary>
    internal int? RowOfRecord { get; private set; }

    public ParseResult Parse(ReadOnlySpan<byte> value, ParsedRow row)
    {
        if (RecordValue.IsNull(value))
            return new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.Null);
        records = format.Read(value);
        (record, rowOfRecord, number) = (0, 0, 1);
        return records.Count == 0 ? new ParseResult(ParseOutcome.Nothing) : Next(row);
    }

    public ParseResult Next(ParsedRow row)
    {
        var result = Read(records[record], row);
        return result with { HasMore = record < records.Count };
    }

    private ParseResult Read(EventRecord current, ParsedRow row)
    {
        (Record, RowOfRecord) = (current, null);
        if (rowOfRecord == 0 && (current.Problem ?? TimeProblem(current, row)) is { } problem)
        {
            record++;
            if (!current.IsBlended)
                return new ParseResult(ParseOutcome.Unparseable, new ParseProblem(problem.Input, [.. problem.Details.Select(d => $"{d} ({Place(current)})")]));
            number++;
            return new ParseResult(ParseOutcome.Unparseable, problem);
        }

        RowOfRecord = rowOfRecord;
        var fields = Fields = current.Rows[rowOfRecord];
        if (current.Rows.Count > 1)
            Begin(fields, row);
        var place = transforms is null ? "" : Place(current);
        if (++rowOfRecord == current.Rows.Count)
            (record, rowOfRecord, number) = (record + 1, 0, number + 1);
        try
        {
            return Transformed(fields, row);
        }
        catch (ExpressionException e)
        {
            return new ParseResult(ParseOutcome.Unparseable, new ParseProblem(fields.ToString(), [$"{e.Message} ({place})"]));
        }
    }

    private ParseResult Transformed(FieldValues fields, ParsedRow row)
    {
        if (transforms is not null)
        {
            var millis = row.TimeMillis;
            if (transforms.Apply(fields, ref millis) is not { } transformed)
                return new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.Null);
            (fields, Fields, row.TimeMillis) = (transformed, transformed, millis);
        }

        if (time.Rejection(row) is var reason and not ThrownAwayReason.None)
            return new ParseResult(ParseOutcome.ThrownAway, Reason: reason);
        return cells.Fill(fields, row) is { } messages ? new ParseResult(ParseOutcome.RowWithErrors, new ParseProblem(fields.ToString(), messages)) : default;
    }

    // A row without a usable time takes the others of its record with it.
    private ParseProblem? TimeProblem(EventRecord current, ParsedRow row)
    {
        foreach (var fields in current.Rows)
        {
            if (!Begin(fields, row))
                return new ParseProblem(fields.ToString(), [$"Timestamp[{JavaText.Of(fields.Value(timestamp.Column))}] is unparseable! Event: {fields}"]);
        }

        return null;
    }

    private bool Begin(FieldValues fields, ParsedRow row)
    {
        cells.Begin(row);
        row.Time = FieldCells.Cell(fields.Value(timestamp.Column), row);
        return time.TryRead(row);
    }

    private string Place(EventRecord current) => current.Line == 0 ? $"Record: {number}" : $"Record: {number}, Line: {current.Line}";
}
