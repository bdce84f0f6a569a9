namespace Ingestion.IndexTask.Segment;

/// <summary>A column of a segment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="HasMultipleValues">Whether a row may have several strings.</param>
/// <param name="IsNullOnly">Whether it is stored as a mere number of rows, all null.</param>
/// <param name="Part">The format's name of its layout, such as <c>longV2</c> or <c>stringDictionary</c>.</param>
/// <param name="SizeBytes">Size of its internal file.</param>
public sealed record StoredColumn(string Name, ColumnKind Kind, bool HasMultipleValues, bool IsNullOnly, string Part, int SizeBytes);
