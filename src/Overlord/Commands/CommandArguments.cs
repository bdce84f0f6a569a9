namespace Ingestion.Overlord.Commands;

/// <summary>The words behind a command: operands, options with a value (<c>--name value</c> or <c>--name=value</c>) and flags.</summary>
internal sealed class CommandArguments
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> flags = new(StringComparer.Ordinal);
    private readonly List<string> operands = [];

    private CommandArguments() { }

    public IReadOnlyList<string> Operands => operands;
    public string? this[string option] => values.GetValueOrDefault(option);
    public bool Has(string flag) => flags.Contains(flag);

    /// <summary>Options whose names begin like this, by what follows.</summary>
    public IReadOnlyDictionary<string, string> Below(string prefix) =>
        values.Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(v => v.Key[prefix.Length..], v => v.Value, StringComparer.Ordinal);

    /// <param name="options">Names that take a value; one that ends in <c>.</c> stands for all that begin so.</param>
    /// <exception cref="CommandFailure">An option is unknown, given twice, or lacks its value.</exception>
    public static CommandArguments Parse(IEnumerable<string> words, IReadOnlyCollection<string> options, IReadOnlyCollection<string> flags)
    {
        var read = new CommandArguments();
        using var word = words.GetEnumerator();
        while (word.MoveNext())
        {
            var text = word.Current;
            if (!text.StartsWith("--", StringComparison.Ordinal)) { read.operands.Add(text); continue; } // "-" is a file: the standard input
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? text : text[..equals];
            if (flags.Contains(name) && equals < 0) { read.flags.Add(name); continue; }
            if (!options.Any(o => o == name || (o.EndsWith('.') && name.StartsWith(o, StringComparison.Ordinal) && name.Length > o.Length))) throw CommandFailure.Usage($"unknown option {name}");
            if (equals < 0 && !word.MoveNext()) throw CommandFailure.Usage($"{name} needs a value");
            if (!read.values.TryAdd(name, equals < 0 ? word.Current : text[(equals + 1)..])) throw CommandFailure.Usage($"{name} is given twice");
        }
        return read;
    }
}
