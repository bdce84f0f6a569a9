namespace Ingestion.IndexTask.Segment;

/// <summary>A column whose content is in memory already.</summary>
public sealed class ReadyColumn(string name, ColumnContent content) : ColumnSource
{
    public override string Name { get; } = name;

    public override ColumnContent Materialize() => content;
}
