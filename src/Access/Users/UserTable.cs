namespace Ingestion.Access.Users;

/// <summary>All users, and whose a secret is.</summary>
public sealed class UserTable
{
    private readonly Dictionary<string, User> byName;
    private readonly (SecretHash Hash, User User)[] tokens;

    internal UserTable(IReadOnlyList<User> users)
    {
        byName = users.ToDictionary(u => u.Name, StringComparer.Ordinal);
        tokens = [.. users.SelectMany(u => u.Tokens.Select(t => (t, u)))];
    }

    /// <exception cref="FormatException">With everything that is wrong with the JSON (<see cref="UserFile"/>).</exception>
    public static UserTable Read(ReadOnlyMemory<byte> json) => new(UserFile.Read(json));

    internal User? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>All are compared, so that the time says nothing about which it was.</summary>
    internal User? OfToken(string token)
    {
        User? found = null;
        foreach (var (hash, user) in tokens)
            if (hash.Matches(token)) found = user;
        return found;
    }
}
