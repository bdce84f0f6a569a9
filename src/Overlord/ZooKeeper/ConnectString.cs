namespace Ingestion.Overlord.ZooKeeper;

/// <summary>Members of a ZooKeeper ensemble and the path under which everything of ours is, as <c>HOST:PORT,HOST:PORT/base</c>. Without a port 2181, without a path Druid's <c>/druid</c>.</summary>
public sealed record ConnectString
{
    public const string DefaultBase = "/druid";
    private const int DefaultPort = 2181;

    private ConnectString(IReadOnlyList<(string Host, int Port)> members, string basePath) => (Members, Base) = (members, basePath);

    public IReadOnlyList<(string Host, int Port)> Members { get; }

    /// <summary>Begins with a slash and does not end with one.</summary>
    public string Base { get; }

    /// <summary>As the C client takes them.</summary>
    public string Hosts => string.Join(',', Members.Select(m => $"{m.Host}:{m.Port}"));

    /// <param name="option">That has the text, for the error.</param>
    /// <exception cref="FormatException">It is not such a text.</exception>
    public static ConnectString Parse(string text, string option)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var path = slash < 0 ? DefaultBase : text[slash..].TrimEnd('/');
        if (path.Length == 0 || path.Contains("//", StringComparison.Ordinal)) throw new FormatException($"{option} [{text}]: [{path}] is not a path such as {DefaultBase}");
        var members = (slash < 0 ? text : text[..slash]).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(m => Member(m, option)).ToList();
        return members.Count > 0 ? new ConnectString(members, path) : throw new FormatException($"{option} [{text}] names no member: HOST:PORT,HOST:PORT/base is expected");
    }

    /// <summary>Whether both are paths of one ensemble and the same.</summary>
    public bool IsSamePlace(ConnectString other) => Base == other.Base && Members.Intersect(other.Members).Any();

    public override string ToString() => Hosts + Base;

    private static (string, int) Member(string text, string option)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']')) return (text, DefaultPort);
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), out var port) && port is > 0 and < 65536 ? (text[..colon], port) : throw new FormatException($"{option}: [{text}] is not HOST:PORT");
    }
}
