using System.Diagnostics;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>An input format: from the bytes of an event to its records.</summary>
internal interface IRecordFormat
{
    /// <returns>Valid until the next call; none where the event holds nothing.</returns>
    IReadOnlyList<EventRecord> Read(ReadOnlySpan<byte> value);

    /// <param name="schema">What the fields are for.</param>
    static IRecordFormat For(InputFormat format, DataSchema schema) => format is InputFormat.Kafka kafka ? new KafkaRecords(kafka, schema) : For(format, schema.UsesSchemaDiscovery ? FieldDiscovery.Nested : FieldDiscovery.Flat);

    static IRecordFormat For(InputFormat format, FieldDiscovery discovery) => format switch
    {
        InputFormat.Json json => new JsonRecords(json, discovery),
        InputFormat.Delimited delimited => new DelimitedRecords(delimited),
        InputFormat.Matched matched => new MatchedRecords(matched),
        _ => throw new UnreachableException($"no reader for {format}"),
    };
}
