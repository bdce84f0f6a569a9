using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace Ingestion.Contracts.Stream;

/// <summary>
/// Druid's password providers (<c>{"type":"environment","variable":"NAME"}</c>, <c>{"type":"default","password":"..."}</c>), which may stand for the passwords of key stores, and its
/// dynamic configuration providers (<c>{"type":"environment","variables":{"PROPERTY":"NAME"}}</c>, <c>{"type":"mapString","config":{"PROPERTY":"VALUE"}}</c>), which may stand for any properties.
/// Among consumer properties they are kept as their JSON, and looked up where a client is made.
/// </summary>
public static class SecretProvider
{
    /// <summary>The property whose value provides others.</summary>
    public const string Dynamic = "druid.dynamic.config.provider";

    private static readonly string[] Own = ["INGESTION_", "AWS_", "PG"];
    private static readonly ConcurrentDictionary<string, bool> Withheld = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>From now on no spec may name the variable: an option of this process has its own credentials there.</summary>
    public static void Withhold(string variable) => Withheld[variable] = true;

    /// <summary>Where a password provider may stand.</summary>
    public static bool MayStandFor(string property) => property is "ssl.truststore.password" or "ssl.keystore.password" or "ssl.key.password";

    /// <summary>Whether a value, as it is kept, is a provider's JSON.</summary>
    public static bool Is(string property, string value) => property == Dynamic || (MayStandFor(property) && value.StartsWith("{\"type\":", StringComparison.Ordinal));

    /// <summary>How a provider is kept.</summary>
    public static string Keep(JsonElement provider)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("type");
            provider.GetProperty("type").WriteTo(writer);
            foreach (var member in provider.EnumerateObject().Where(m => m.Name != "type")) member.WriteTo(writer);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>Credentials of the overlord and the worker themselves, and of their database and deep storage: a spec could have them sent to any broker, and its author may be less than an administrator.</summary>
    private static bool IsOurs(string variable) => variable == "METADATA_URL" || Withheld.ContainsKey(variable) || Own.Any(prefix => variable.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <returns>What is wrong with the form; null: nothing.</returns>
    public static string? ProblemOf(string property, JsonElement provider)
    {
        if (property != Dynamic && !MayStandFor(property)) return $"is no text: a password provider may stand for ssl.truststore.password, ssl.keystore.password and ssl.key.password; {Dynamic} provides any others";
        if (provider.ValueKind != JsonValueKind.Object) return "is no provider: an object with a type is expected";
        return (property == Dynamic, Text(provider, "type")) switch
        {
            (true, "environment") when HasTexts(provider, "variables") => provider.GetProperty("variables").EnumerateObject().Select(p => p.Value.GetString()!).FirstOrDefault(IsOurs) is { } own ? Refusal(own) : null,
            (true, "environment") => "has no variables: {\"PROPERTY\":\"NAME OF A VARIABLE\"} is expected",
            (true, "mapString") => HasTexts(provider, "config") ? null : "has no config: {\"PROPERTY\":\"VALUE\"} is expected",
            (true, var type) => $"has the type [{type}]: environment and mapString are supported",
            (false, "environment") when Text(provider, "variable") is { } variable => IsOurs(variable) ? Refusal(variable) : null,
            (false, "environment") => "has no variable: the name of one is expected",
            (false, "default") => Text(provider, "password") is not null ? null : "has no password",
            (false, var type) => $"has the type [{type}]: environment and default are supported",
        };
    }

    /// <summary>The properties that a value, as it is kept, stands for: itself alone, mostly.</summary>
    /// <param name="variable">Looks up an environment variable; not asked for those that <see cref="ProblemOf"/> refuses.</param>
    /// <returns>A null value: the variable is not set.</returns>
    public static IEnumerable<(string Name, string? Value, string? Variable)> Resolve(string name, string value, Func<string, string?> variable)
    {
        if (!Is(name, value)) return [(name, value, null)];
        string? Value(string of) => IsOurs(of) ? null : variable(of);
        using var document = JsonDocument.Parse(value);
        var provider = document.RootElement;
        return (name == Dynamic, Text(provider, "type")) switch
        {
            (true, "environment") => [.. provider.GetProperty("variables").EnumerateObject().Select(p => (p.Name, Value(p.Value.GetString()!), p.Value.GetString()))],
            (true, _) => [.. provider.GetProperty("config").EnumerateObject().Select(p => (p.Name, p.Value.GetString(), (string?)null))],
            (false, "environment") => [(name, Value(Text(provider, "variable")!), Text(provider, "variable"))],
            (false, _) => [(name, Text(provider, "password"), null)],
        };
    }

    private static string Refusal(string variable) => $"names the variable [{variable}], which holds what overlords and workers need themselves: give the secret in another one";

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static bool HasTexts(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object && member.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.String);
}
