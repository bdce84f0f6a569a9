namespace Ingestion.IndexTask.Segment;

/// <summary>
/// A column that can be produced when its turn comes. The writer asks for one column at a time and drops it before the next, so a
/// segment of millions of rows and many columns never has all of them in memory in their final form.
/// </summary>
public abstract class ColumnSource
{
    /// <summary>The column's name: not empty, no comma and no line break (the container format has no escapes), unique in the segment.</summary>
    public abstract string Name { get; }

    /// <summary>The column's rows in the segment's row order; called exactly once.</summary>
    public abstract ColumnContent Materialize();
}
