using System.Text.Json;

namespace Ingestion.Access.Users;

/// <summary>Reads <c>{"users":[{"name":"ops","password":"pbkdf2-sha256:...","tokens":["sha256:..."],"read":["*"],"write":["wiki","logs-*"],"internal":false}]}</c>. All but the name may be left out; a member that is not
/// known is refused, since a right that is misspelt would be missing in silence.</summary>
internal static class UserFile
{
    private const int LongestName = 255;

    /// <exception cref="FormatException">With everything that is wrong and its JSON path.</exception>
    public static IReadOnlyList<User> Read(ReadOnlyMemory<byte> json)
    {
        var problems = new List<string>();
        var users = new List<User>();
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("users", out var list) || list.ValueKind != JsonValueKind.Array) throw new FormatException("""$: {"users":[...]} is expected""");
            foreach (var (item, i) in list.EnumerateArray().Select((u, i) => (u, i)))
                if (ReadUser(item, $"$.users[{i}]", problems) is { } user) users.Add(user);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { throw new FormatException($"it is no JSON: {e.Message}", e); } // the latter is how a text says, when it is read, that it is no UTF-8 or half a surrogate pair
        problems.AddRange(users.GroupBy(u => u.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"$.users: [{g.Key}] is there {g.Count()} times"));
        if (users.Count == 0 && problems.Count == 0) problems.Add("$.users: there is none");
        return problems.Count == 0 ? users : throw new FormatException(string.Join("; ", problems));
    }

    private static User? ReadUser(JsonElement json, string path, List<string> problems)
    {
        if (json.ValueKind != JsonValueKind.Object) { problems.Add($"{path}: an object is expected"); return null; }
        var user = new User { Name = "" };
        foreach (var member in json.EnumerateObject())
        {
            var at = $"{path}.{member.Name}";
            switch (member.Name)
            {
                case "name" when member.Value.ValueKind == JsonValueKind.String: user = user with { Name = member.Value.GetString()! }; break;
                case "password" when member.Value.ValueKind == JsonValueKind.String: user = user with { Password = Hash(member.Value.GetString()!, at, problems) }; break;
                case "tokens": user = user with { Tokens = [.. Texts(member.Value, at, problems).Select(t => Token(t, at, problems)).OfType<SecretHash>()] }; break;
                case "read": user = user with { Read = new DataSourcePatterns(Texts(member.Value, at, problems)) }; break;
                case "write": user = user with { Write = new DataSourcePatterns(Texts(member.Value, at, problems)) }; break;
                case "internal" when member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False: user = user with { IsInternal = member.Value.GetBoolean() }; break;
                case "name" or "password": problems.Add($"{at}: a text is expected"); break;
                case "internal": problems.Add($"{at}: true or false is expected"); break;
                default: problems.Add($"{at}: there is no such member; known are name, password, tokens, read, write, internal"); break;
            }
        }
        // A colon ends the name in HTTP's Basic scheme.
        if (user.Name.Length is 0 or > LongestName || user.Name.Any(c => c == ':' || char.IsControl(c))) problems.Add($"{path}.name: 1 to {LongestName} characters are expected, no colon and no control characters");
        else if (user.Password is null && user.Tokens.Count == 0 && problems.Count == 0) problems.Add($"{path}: [{user.Name}] has neither a password nor tokens");
        return user;
    }

    private static SecretHash? Hash(string text, string path, List<string> problems)
    {
        try { return SecretHash.Parse(text); }
        catch (FormatException e)
        {
            problems.Add($"{path}: {e.Message}");
            return null;
        }
    }

    private static SecretHash? Token(string text, string path, List<string> problems)
    {
        var hash = Hash(text, path, problems);
        if (hash is not { IsSlow: true }) return hash;
        problems.Add($"{path}: a token's hash begins with sha256: (a password, which could be guessed, goes into \"password\")");
        return null;
    }

    private static IReadOnlyList<string> Texts(JsonElement json, string path, List<string> problems)
    {
        if (json.ValueKind == JsonValueKind.Array && json.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String)) return [.. json.EnumerateArray().Select(t => t.GetString()!)];
        problems.Add($"{path}: an array of texts is expected");
        return [];
    }
}
