namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>The columns of a text format.</summary>
internal sealed class TextColumns(IReadOnlyList<string> names)
{
    // The last of equal names counts.
    private readonly Dictionary<string, int> places = names.Select((name, i) => (name, i)).GroupBy(c => c.name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last().i, StringComparer.Ordinal);

    public IReadOnlyList<string> Names => names;

    /// <returns>-1: there is none of this name.</returns>
    public int Find(string name) => places.GetValueOrDefault(name, -1);
}

/// <summary>A line's values by column. Missing ones are null, surplus ones are dropped.</summary>
internal sealed class TextFields(TextColumns columns, IReadOnlyList<object?> values) : FieldValues
{
    public override IEnumerable<string> Names => columns.Names.Take(values.Count).Distinct(StringComparer.Ordinal);

    public override IEnumerable<string> Discoverable => columns.Names;

    public override object? Value(string name) => columns.Find(name) is var at and >= 0 && at < values.Count ? values[at] : null;
}
