using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// Reads JSON events (RFC 8259, mostly one object an event) for one schema. It learns the order of the fields and the names of discovered
/// dimensions as it goes, so use one parser per sequence of events, from one thread at a time.
/// </summary>
/// <remarks>
/// As in Druid: field names are case-sensitive, the last of equal names counts, and JSON that is not an object is an event without fields. Several values in an event are a row each, and one that cannot be read takes the others with it: these go the way of <see cref="FieldParser"/>. Unlike Druid, which gives up
/// such an event, bytes that are not UTF-8 become U+FFFD; and nesting deeper than 1,000 is refused.
/// </remarks>
public sealed class EventParser : IEventParser
{
    private readonly TimestampSpec timestamp;
    private readonly RowTime time;
    private readonly FieldTable fields;
    private readonly EventScanner scanner;
    private readonly CellConversion conversion;
    private readonly DataSchema schema;
    private FieldParser? several;

    public EventParser(DataSchema schema)
    {
        this.schema = schema;
        timestamp = schema.Timestamp;
        time = new RowTime(schema.Timestamp);
        fields = new FieldTable(schema);
        scanner = new EventScanner(fields);
        conversion = new CellConversion(fields.Targets);
    }

    public long MinimumMessageTime { get => time.Minimum; set => time.Minimum = value; }

    public long MaximumMessageTime { get => time.Maximum; set => time.Maximum = value; }

    /// <summary>But for events of several objects, which are rare.</summary>
    public bool GivesOneRow => true;

    /// <param name="json">The event; <c>default</c> is Kafka's null, which Druid throws away, while it cannot parse an empty event.</param>
    public ParseResult Parse(ReadOnlySpan<byte> json, ParsedRow row)
    {
        if (RecordValue.IsNull(json))
            return new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.Null);
        row.Begin(json, fields.CellCount);
        row.DiscoveredDimensions = fields.Discovered;
        if (!scanner.TryScan(row, json.Length))
            return Several(json, row);
        if (!time.TryRead(row))
            return NoTime(json);
        if (time.Rejection(row) is var reason and not ThrownAwayReason.None)
            return new ParseResult(ParseOutcome.ThrownAway, Reason: reason);
        return scanner.NeedsConversion && conversion.Convert(row) is { } messages
            ? new ParseResult(ParseOutcome.RowWithErrors, new ParseProblem(EventText.Of(json), messages))
            : default;
    }

    public ParseResult Next(ParsedRow row) => several?.Next(row) ?? throw new InvalidOperationException("the event had one row");

    // No single JSON value: several, or none.
    private ParseResult Several(ReadOnlySpan<byte> json, ParsedRow row) => (several ??= new FieldParser(schema, InputFormat.Plain, fields, time)).Parse(json, row);

    private ParseResult NoTime(ReadOnlySpan<byte> json)
    {
        var text = EventText.Of(json);
        return Unparseable(text, $"Timestamp[{EventText.Field(json, timestamp.Column)}] is unparseable! Event: {text}");
    }

    // Druid counts the records of an event from 1; here there is one.
    private static ParseResult Unparseable(string input, string message) =>
        new(ParseOutcome.Unparseable, new ParseProblem(input, [message + " (Record: 1)"]));
}
