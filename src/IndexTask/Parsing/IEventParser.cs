using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Reads events of one schema and input format. It learns as it goes, so use one per sequence of events, from one thread at a time.</summary>
public interface IEventParser
{
    /// <summary>Events before this instant, in epoch milliseconds, are thrown away.</summary>
    long MinimumMessageTime { get; set; }

    /// <summary>Events after this instant, in epoch milliseconds, are thrown away.</summary>
    long MaximumMessageTime { get; set; }

    /// <summary>No event is more than one row.</summary>
    bool GivesOneRow { get; }

    /// <summary>Reads one event into the row, which then is good until the next call; the event's bytes are not needed any more.</summary>
    /// <param name="value">The event; <c>default</c> is Kafka's null.</param>
    ParseResult Parse(ReadOnlySpan<byte> value, ParsedRow row);

    /// <summary>Reads the next row of the same event, when the last result said that there is more.</summary>
    ParseResult Next(ParsedRow row);

    /// <summary>The fast one for plain JSON, the general one for everything else.</summary>
    static IEventParser For(DataSchema schema, InputFormat format) => IsPlain(schema, format) ? new EventParser(schema) : new FieldParser(schema, format);

    // What a flattenSpec without fields says about discovery means nothing where the dimensions are listed. Null columns that are kept change nothing in a segment, which
    // has no column of nulls that no dimension asks for.
    private static bool IsPlain(DataSchema schema, InputFormat format) =>
        schema.Transforms.IsNone && format is InputFormat.Json { Fields.IsEmpty: true, Framing: JsonFraming.Whole } json && (json.UseFieldDiscovery || !schema.DiscoversDimensions);
}
