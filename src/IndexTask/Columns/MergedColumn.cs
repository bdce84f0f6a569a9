using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>A column whose rows lie in several spills.</summary>
internal abstract class MergedColumn(string name) : ColumnSource
{
    private MergeOrder? order;

    public override string Name { get; } = name;

    /// <summary>Known once all dimensions have been compared; has to be set before the column is materialized.</summary>
    public MergeOrder Order
    {
        get => order ?? throw new InvalidOperationException($"the rows of column [{Name}] are not in order yet");
        set => order = value;
    }

    /// <summary>How a row of one spill sorts to a row of another.</summary>
    public abstract int Compare(int leftSpill, int leftRow, int rightSpill, int rightRow);
}
