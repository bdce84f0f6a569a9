using System.Text;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>JSON with everything that <see cref="EventParser"/> does not do.</summary>
internal sealed class JsonRecords(InputFormat.Json format, FieldDiscovery discovery) : IRecordFormat
{
    private readonly JsonFlattening flattening = new(format, discovery);

    public IReadOnlyList<EventRecord> Read(ReadOnlySpan<byte> value) => format.Framing switch
    {
        JsonFraming.Lines => [.. EventLines.Of(value).Select((line, i) => Line(line, i + 1))],
        JsonFraming.Values => Values(value),
        _ => [Whole(value)],
    };

    // What follows the first value of a line is passed over.
    private EventRecord Line(string line, int number) =>
        JsonTree.TryReadAll(Encoding.UTF8.GetBytes(line), most: 1, out var values) && values.Count > 0 ? EventRecord.Of(Fields(values[0]), number) : EventRecord.Unparseable(line, number);

    private EventRecord Whole(ReadOnlySpan<byte> value)
    {
        var isJson = JsonTree.TryReadAll(value, most: int.MaxValue, out var values);
        if (!isJson)
            return EventRecord.Unparseable(Encoding.UTF8.GetString(value));
        return values.Count == 0 ? Empty(value) : new EventRecord([.. values.Select(Fields)]);
    }

    private List<EventRecord> Values(ReadOnlySpan<byte> value)
    {
        var isJson = JsonTree.TryReadAll(value, most: int.MaxValue, out var values);
        List<EventRecord> records = [.. values.Select(v => EventRecord.Of(Fields(v)))];
        if (!isJson)
            records.Add(EventRecord.Unparseable(Encoding.UTF8.GetString(value)));
        else if (values.Count == 0)
            records.Add(Empty(value));
        return records;
    }

    private JsonFields Fields(object? root) => new(flattening, root);

    private static EventRecord Empty(ReadOnlySpan<byte> value)
    {
        var text = Encoding.UTF8.GetString(value);
        return new EventRecord([], new ParseProblem(text, [$"Unable to parse [{text}] as the intermediateRow resulted in empty input row"]));
    }
}
