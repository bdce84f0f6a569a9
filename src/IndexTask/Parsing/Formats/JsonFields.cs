using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>The fields of a JSON value by a flattenSpec: its fields first, then the members of the root.</summary>
internal sealed class JsonFields(JsonFlattening flattening, object? root) : FieldValues
{
    public override IEnumerable<string> Names => flattening.Format.UseFieldDiscovery && root is JsonMap map
        ? flattening.Format.Fields.Select(f => f.Name).Concat(map.Where(m => IsDiscovered(m.Value)).Select(m => m.Key)).Distinct(StringComparer.Ordinal)
        : flattening.Format.Fields.Select(f => f.Name);

    public override IEnumerable<KeyValuePair<string, object?>> Raw => root is JsonMap map ? map : base.Raw;

    public override object? Value(string name) => flattening.Find(name) is { } field ? Extract(field) : Member(root, name);

    private object? Extract(FlattenField field) => field switch
    {
        FlattenField.Path path => JsonPathReading.Read(path.Expression, root),
        FlattenField.Tree tree => tree.Nodes.Aggregate(root, Member),
        FlattenField.Root member => Member(root, member.Member),
        _ => null,
    };

    private static object? Member(object? value, string name) => value is JsonMap map ? map.GetValueOrDefault(name) : null;

    private bool IsDiscovered(object? value) => value switch
    {
        null => flattening.Format.KeepNullColumns || flattening.Discovery == FieldDiscovery.Nested,
        JsonMap => flattening.Discovery == FieldDiscovery.Nested,
        IReadOnlyList<object?> list => flattening.Discovery == FieldDiscovery.Nested || list.All(element => element is not (JsonMap or IReadOnlyList<object?>)),
        _ => true,
    };
}

/// <summary>A json format with its fields by name.</summary>
internal sealed class JsonFlattening(InputFormat.Json format, FieldDiscovery discovery)
{
    private readonly Dictionary<string, FlattenField> fields = format.Fields.ToDictionary(f => f.Name, StringComparer.Ordinal);

    public InputFormat.Json Format => format;

    public FieldDiscovery Discovery => discovery;

    public FlattenField? Find(string name) => fields.GetValueOrDefault(name);
}
