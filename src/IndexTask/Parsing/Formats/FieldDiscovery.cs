namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>Which fields count as an event's when no spec names them.</summary>
internal enum FieldDiscovery
{
    /// <summary>Not null, nor objects, nor lists that hold any or further lists.</summary>
    Flat,

    /// <summary>All of them, as with Druid's <c>useSchemaDiscovery</c>.</summary>
    Nested,
}
