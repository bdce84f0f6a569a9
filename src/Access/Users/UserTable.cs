namespace Ingestion.Access.Users;

/// <summary>All users, and whose a secret is.</summary>
public sealed class UserTable
{
    private readonly Func<byte[]>? source;
    private readonly string where = "";
    private volatile Content content;

    internal UserTable(IReadOnlyList<User> users) => content = new Content(users);

    private UserTable(Func<byte[]> source, string where)
    {
        (this.source, this.where) = (source, where);
        content = Load(source);
    }

    /// <param name="source">Has the JSON, each time that it is read.</param>
    /// <param name="where">What to call it in errors.</param>
    /// <exception cref="FormatException">With everything that is wrong with it (<see cref="UserFile"/>).</exception>
    public static UserTable Read(Func<byte[]> source, string where) => new(source, where);

    /// <summary>Reads the source as it is now.</summary>
    /// <returns>From when this is called on that holds, until then what held before.</returns>
    /// <exception cref="FormatException">As <see cref="Read"/>.</exception>
    public Action ReadAgain()
    {
        var read = source is null ? content : Load(source);
        return () => content = read;
    }

    internal User? Find(string name) => content.ByName.GetValueOrDefault(name);

    /// <summary>All are compared, so that the time says nothing about which it was.</summary>
    internal User? OfToken(string token)
    {
        User? found = null;
        foreach (var (hash, user) in content.Tokens)
            if (hash.Matches(token)) found = user;
        return found;
    }

    private Content Load(Func<byte[]> from)
    {
        var json = from();
        try { return new Content(UserFile.Read(json)); }
        catch (FormatException e) { throw new FormatException($"{where}: {e.Message}", e); }
    }

    private sealed class Content(IReadOnlyList<User> users)
    {
        public Dictionary<string, User> ByName { get; } = users.ToDictionary(u => u.Name, StringComparer.Ordinal);
        public (SecretHash Hash, User User)[] Tokens { get; } = [.. users.SelectMany(u => u.Tokens.Select(t => (t, u)))];
    }
}
