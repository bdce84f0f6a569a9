using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Overlord.Commands;

/// <summary>The named contexts of a user: a JSON file that only they can read, replaced as a whole.</summary>
internal sealed class ContextFile
{
    private readonly string path;

    private ContextFile(string path, NamedContexts named) => (this.path, Named) = (path, named);

    public NamedContexts Named { get; private set; }

    /// <summary>The file that <c>INGESTION_CONTEXTS</c> names; else <c>ingestion/contexts.json</c> in <c>XDG_CONFIG_HOME</c>, or in <c>~/.config</c>.</summary>
    /// <exception cref="CommandFailure">It cannot be read.</exception>
    public static ContextFile Open(Func<string, string?> variable)
    {
        var path = variable("INGESTION_CONTEXTS") is { Length: > 0 } named ? named
            : Path.Combine(variable("XDG_CONFIG_HOME") is { Length: > 0 } config ? config : Path.Combine(variable("HOME") ?? throw CommandFailure.Usage("neither INGESTION_CONTEXTS nor HOME says where contexts are kept"), ".config"), "ingestion", "contexts.json");
        try { return new ContextFile(path, File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), ContextJson.Default.NamedContexts) ?? new NamedContexts() : new NamedContexts()); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException) { throw CommandFailure.Usage($"the contexts in {path} cannot be read: {e.Message}"); }
    }

    /// <param name="name">Null: the one that is in use, else the default URL without credentials.</param>
    public OverlordContext Find(string? name)
    {
        if ((name ?? Named.Current) is not { } wanted) return new OverlordContext { Overlords = [OverlordContext.DefaultUrl] };
        return Named.Contexts.TryGetValue(wanted, out var found) ? found
            : throw CommandFailure.Usage($"there is no context [{wanted}] in {path}" + (Named.Contexts.Count == 0 ? ": overlord context add makes one" : $": there are {string.Join(", ", Named.Contexts.Keys)}"));
    }

    /// <exception cref="CommandFailure">It cannot be written.</exception>
    public void Save(NamedContexts named)
    {
        var full = Path.GetFullPath(path);
        var fresh = $"{full}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                JsonSerializer.Serialize(stream, named, ContextJson.Default.NamedContexts);
            File.Move(fresh, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw CommandFailure.Usage($"the contexts cannot be written to {path}: {e.Message}"); }
        Named = named;
    }
}

internal sealed record NamedContexts
{
    /// <summary>Used where no other is named; null: none is.</summary>
    public string? Current { get; init; }
    public SortedDictionary<string, OverlordContext> Contexts { get; init; } = new(StringComparer.Ordinal);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(NamedContexts))]
internal sealed partial class ContextJson : JsonSerializerContext;
