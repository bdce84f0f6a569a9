using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>A column whose rows lie in several spills.</summary>
internal abstract class MergedColumn(string name) : ColumnSource
{
    private MergeOrder? order;

    public override string Name { get; } = name;

    /// <summary>Known once the rows are sorted; has to be set before the column is materialized.</summary>
    public MergeOrder Order
    {
        get => order ?? throw new InvalidOperationException($"the rows of column [{Name}] are not in order yet");
        set => order = value;
    }

    /// <summary>The spills have its rows in another order than the segment will.</summary>
    public virtual bool IsSortedOtherwise => false;

    /// <summary>What the rows are sorted by, with row numbers of the whole <see cref="SpillSet"/>.</summary>
    public abstract IEnumerable<SortKeys> Keys();
}
