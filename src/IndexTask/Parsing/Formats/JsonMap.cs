namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>A JSON object as a value, in the order of its members; the last of equal names counts.</summary>
internal sealed class JsonMap() : OrderedDictionary<string, object?>(StringComparer.Ordinal);
