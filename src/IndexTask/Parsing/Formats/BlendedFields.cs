namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>A row's fields and, where it has none of a name, or null, those of the record around it.</summary>
/// <param name="own">Names that the row lists itself.</param>
internal sealed class BlendedFields(FieldValues row, IReadOnlyCollection<string> own, IReadOnlyDictionary<string, object?> around, IReadOnlyCollection<string> aroundNames) : FieldValues
{
    public override IEnumerable<string> Names => JavaHashOrder.Of(aroundNames, JavaHashOrder.Of(own, []));

    public override IEnumerable<string> Discoverable => JavaHashOrder.Of(own, aroundNames);

    public override IEnumerable<KeyValuePair<string, object?>> Raw =>
        row.Raw.Select(own => KeyValuePair.Create(own.Key, own.Value ?? around.GetValueOrDefault(own.Key))).Concat(around).DistinctBy(any => any.Key, StringComparer.Ordinal);

    public override object? Value(string name) => row.Value(name) ?? around.GetValueOrDefault(name);
}
