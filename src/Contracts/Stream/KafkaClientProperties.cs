using System.Collections.Immutable;

namespace Ingestion.Contracts.Stream;

/// <summary>Translates <c>consumerProperties</c> as Java clients write them (https://kafka.apache.org/documentation/#consumerconfigs) into
/// librdkafka's (its CONFIGURATION.md). Most names are the same; for the others see <see cref="KafkaPropertyTable"/>.</summary>
public static class KafkaClientProperties
{
    private const string OAuthHandler = "OAuthBearerLoginCallbackHandler";

    /// <param name="consumerProperties">Druid's; <see cref="SecretProvider"/>s as their JSON.</param>
    /// <param name="variable">Looks up an environment variable; null: only the form is looked at, and what comes from variables is left out.</param>
    public static KafkaClientSettings ForLibrdkafka(IEnumerable<KeyValuePair<string, string>> consumerProperties, Func<string, string?>? variable)
    {
        var properties = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var (dropped, refused) = (ImmutableArray.CreateBuilder<(string, string)>(), ImmutableArray.CreateBuilder<(string, string)>());
        var given = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value, source) in consumerProperties.SelectMany(p => SecretProvider.Resolve(p.Key, p.Value, variable ?? (_ => null))))
        {
            if (value is not null) given[name] = value;
            else if (variable is not null) refused.Add((name, $"the environment variable [{source}] is not set here"));
        }
        foreach (var (name, value) in given)
        {
            if (KafkaPropertyTable.SetByDruidToo.Contains(name)) continue;
            if (KafkaPropertyTable.Dropped.TryGetValue(name, out var why)) dropped.Add((name, why));
            else if (KafkaPropertyTable.Refused.TryGetValue(name, out var instead)) refused.Add((name, instead));
            else if (Translate(name, value, given, properties) is { } problem) refused.Add((name, problem));
        }
        foreach (var name in KafkaPropertyTable.InCommandLine)
            if (properties.TryGetValue(name, out var value) && !IsHarmless(value)) refused.Add((given.ContainsKey(name) ? name : GivenAs(name), $"{name} becomes part of a command line: letters, digits and . _ @ / + = : - are allowed, and no - at the beginning"));
        return new KafkaClientSettings(properties.ToImmutable(), dropped.ToImmutable(), refused.ToImmutable());
    }

    /// <returns>Why it cannot be done.</returns>
    private static string? Translate(string name, string value, ImmutableSortedDictionary<string, string>.Builder given, ImmutableSortedDictionary<string, string>.Builder properties)
    {
        switch (name)
        {
            case "security.protocol" or "isolation.level":
                properties[name] = value.ToLowerInvariant();
                return null;
            case "ssl.endpoint.identification.algorithm":
                properties[name] = value.Length == 0 ? "none" : value.ToLowerInvariant(); // Java's way to switch it off is to leave it empty
                return null;
            case "ssl.cipher.suites" when value.Contains("TLS_", StringComparison.Ordinal) && value.Contains("_WITH_", StringComparison.Ordinal):
                return "has Java's names of cipher suites: write OpenSSL's, such as ECDHE-RSA-AES256-GCM-SHA384, or leave it out";
            case "receive.buffer.bytes" or "send.buffer.bytes" when value == "-1": // the system's default, which is librdkafka's too
                return null;
            case "sasl.login.callback.handler.class":
                return value.EndsWith(OAuthHandler, StringComparison.Ordinal) ? null : $"librdkafka runs no classes of Java: only Kafka's own {OAuthHandler} is understood";
            case "sasl.jaas.config":
                var (login, problem) = JaasConfig.Translate(value);
                foreach (var (key, secret) in login ?? ImmutableSortedDictionary<string, string>.Empty) properties[key] = secret;
                return problem;
            case "ssl.truststore.type" or "ssl.keystore.type":
                return null; // goes with the location
            case "ssl.truststore.location":
                if (!IsStore("PEM", value, given.GetValueOrDefault("ssl.truststore.type"), ".pem", ".crt", ".cer"))
                    return $"librdkafka reads trusted certificates as PEM only: export them (keytool -list -rfc -keystore {value}, or openssl pkcs12 -nokeys -in {value}) and give that file, with ssl.truststore.type PEM";
                properties["ssl.ca.location"] = value;
                return null;
            case "ssl.keystore.location":
                if (IsStore("PKCS12", value, given.GetValueOrDefault("ssl.keystore.type"), ".p12", ".pfx", ".pkcs12")) properties[name] = value;
                else if (IsStore("PEM", value, given.GetValueOrDefault("ssl.keystore.type"), ".pem")) (properties["ssl.key.location"], properties["ssl.certificate.location"]) = (value, value);
                else return $"librdkafka reads no Java key stores: convert it (keytool -importkeystore -srckeystore {value} -destkeystore keys.p12 -deststoretype PKCS12) and give that file, with ssl.keystore.type PKCS12";
                return null;
            case "ssl.keystore.password" when IsPem(given): // Kafka's clients take it for files with several entries; a PEM file has ssl.key.password
                return null;
            default:
                properties[KafkaPropertyTable.Renamed.GetValueOrDefault(name, name)] = value;
                return null;
        }
    }

    /// <returns>The name under which Java clients write librdkafka's property.</returns>
    public static string GivenAs(string property) =>
        property.StartsWith("sasl.", StringComparison.Ordinal) && property != "sasl.mechanisms" ? "sasl.jaas.config" : KafkaPropertyTable.Renamed.FirstOrDefault(r => r.Value == property).Key ?? property;

    private static bool IsHarmless(string value) => !value.StartsWith('-') && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '@' or '/' or '+' or '=' or ':' or '-');

    private static bool IsPem(ImmutableSortedDictionary<string, string>.Builder given) => given.TryGetValue("ssl.keystore.location", out var file) && IsStore("PEM", file, given.GetValueOrDefault("ssl.keystore.type"), ".pem");

    // Kafka's default type is JKS; the file's name tells where nothing is said.
    private static bool IsStore(string type, string file, string? given, params ReadOnlySpan<string> extensions)
    {
        if (given is not null) return given.Equals(type, StringComparison.OrdinalIgnoreCase);
        foreach (var extension in extensions)
            if (file.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }
}
