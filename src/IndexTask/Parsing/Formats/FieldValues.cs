namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>One row before it becomes cells: its fields by name. A value is null, <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>,
/// <see cref="IReadOnlyList{T}"/> of values, or <see cref="JsonMap"/>.</summary>
internal abstract class FieldValues
{
    private const int LongestInMessages = 100;

    /// <summary>The fields that count as the event's, and that messages show.</summary>
    public abstract IEnumerable<string> Names { get; }

    /// <summary>The fields that may become dimensions.</summary>
    public virtual IEnumerable<string> Discoverable => Names;

    /// <summary>Any field, also one that is not among the names; null where there is none.</summary>
    public abstract object? Value(string name);

    /// <summary>The event as it came, before anything was picked out of it: for those who show it.</summary>
    public virtual IEnumerable<KeyValuePair<string, object?>> Raw => Names.Select(name => KeyValuePair.Create(name, Value(name)));

    /// <summary>As Java prints a map of them, cut as Druid cuts it in messages.</summary>
    public sealed override string ToString()
    {
        var text = "{" + string.Join(", ", Names.Select(name => $"{name}={JavaText.Of(Value(name))}")) + "}";
        return text.Length < LongestInMessages ? text : text[..LongestInMessages] + "...";
    }
}
