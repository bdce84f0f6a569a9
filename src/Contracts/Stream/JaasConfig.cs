using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Ingestion.Contracts.Stream;

/// <summary>The one entry of a <c>sasl.jaas.config</c>: <c>CLASS required KEY="VALUE" ...;</c> (https://kafka.apache.org/documentation/#security_jaas_client), as librdkafka's properties.</summary>
internal static partial class JaasConfig
{
    /// <returns>librdkafka's properties, or what is wrong.</returns>
    public static (ImmutableSortedDictionary<string, string>? Properties, string? Problem) Translate(string config)
    {
        var module = Module().Match(config);
        if (!module.Success) return (null, "is not of the form CLASS required KEY=\"VALUE\" ...;");
        var options = Option().Matches(config, module.Length).ToLookup(o => o.Groups["key"].Value, o => o.Groups["quoted"].Success ? Escape().Replace(o.Groups["quoted"].Value, "$1") : o.Groups["bare"].Value, StringComparer.Ordinal);
        var name = module.Groups["class"].Value;
        return name[(name.LastIndexOf('.') + 1)..] switch
        {
            "PlainLoginModule" or "ScramLoginModule" => Of(options, ("username", "sasl.username", true), ("password", "sasl.password", true)),
            "OAuthBearerLoginModule" => Of(options, ("clientId", "sasl.oauthbearer.client.id", true), ("clientSecret", "sasl.oauthbearer.client.secret", true), ("scope", "sasl.oauthbearer.scope", false)) is ({ } found, _)
                ? (found.Add("sasl.oauthbearer.method", "oidc"), null)
                : (null, "OAUTHBEARER works by client credentials: clientId=\"...\" and clientSecret=\"...\" are expected, beside sasl.oauthbearer.token.endpoint.url"),
            "Krb5LoginModule" => Of(options, ("keyTab", "sasl.kerberos.keytab", true), ("principal", "sasl.kerberos.principal", true)),
            _ => (null, $"librdkafka has no login [{name}]: PlainLoginModule, ScramLoginModule, OAuthBearerLoginModule and Krb5LoginModule are understood"),
        };
    }

    private static (ImmutableSortedDictionary<string, string>? Properties, string? Problem) Of(ILookup<string, string> options, params ReadOnlySpan<(string Option, string Property, bool IsNeeded)> wanted)
    {
        var properties = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (option, property, isNeeded) in wanted)
        {
            if (options[option].FirstOrDefault() is { } value) properties[property] = value;
            else if (isNeeded) return (null, $"has no {option}=\"...\"");
        }
        return (properties.ToImmutable(), null);
    }

    [GeneratedRegex(@"^\s*(?<class>[\w.$]+)\s+(?:required|requisite|sufficient|optional)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Module();

    [GeneratedRegex(@"(?<key>[\w.]+)\s*=\s*(?:""(?<quoted>(?:[^""\\]|\\.)*)""|(?<bare>[^\s;""]+))")]
    private static partial Regex Option();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escape();
}
