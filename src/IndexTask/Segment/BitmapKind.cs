namespace Ingestion.IndexTask.Segment;

/// <summary>How sets of rows are stored.</summary>
public enum BitmapKind
{
    /// <summary>Roaring, Druid's default since 0.18 and the only one written.</summary>
    Roaring,

    /// <summary>Concise, Druid's former default; read only.</summary>
    Concise,
}
