namespace Ingestion.IndexTask.Columns;

/// <summary>A dimension in memory: exactly one of the two is there. <c>Cell</c> is where a parsed row has its value.</summary>
internal readonly record struct DimensionRows(int Cell, StringRows? Strings, NumberRows? Numbers)
{
    public string Name => Strings?.Name ?? Numbers!.Name;

    public long Bytes => Strings?.Bytes ?? Numbers!.Bytes;
}
