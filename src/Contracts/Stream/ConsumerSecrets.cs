using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.Contracts.Stream;

/// <summary>
/// Passwords and keys among <c>consumerProperties</c>, wherever these stand in a JSON text: what is shown has <see cref="Mask"/> in their place, and a text that comes back with the mask gets the
/// stored values again, unless something else has changed that they could go elsewhere by. Which they are is told by the names of the properties, and of a URL by its at sign, before which a
/// password would stand; of a <see cref="SecretProvider"/> only what it gives literally is a secret, not the names of variables.
/// </summary>
public static class ConsumerSecrets
{
    /// <summary>Stands for a secret in what is shown.</summary>
    public const string Mask = "********";
    private const string Properties = "consumerProperties", Url = ".url";

    /// <summary>Beginnings of properties that say how much is fetched and as whom, not where secrets go and how they are kept on the way. Of others nobody knows: librdkafka has more with each version.</summary>
    private static readonly string[] Harmless = ["fetch.", "max.", "queued.", "client.id", "group.id", "isolation.level", "check.crcs"];

    private static readonly string[] SecretParts = ["password", "passphrase", "secret", "jaas", "credential", "private.key", "key.pem", "keystore.key", "auth.user.info", "oauthbearer.config", "token", "apikey", "api.key"];

    /// <summary>A text without any of them has nothing to hide; names may be escaped.</summary>
    private static readonly SearchValues<string> Hints = SearchValues.Create([.. SecretParts, Url, "\\u"], StringComparison.OrdinalIgnoreCase);

    public static bool IsSecret(string property) =>
        SecretParts.Any(part => property.Contains(part, StringComparison.OrdinalIgnoreCase)) && !IsUrl(property) && property != SecretProvider.Dynamic;

    private static bool IsUrl(string property) => property.EndsWith(Url, StringComparison.OrdinalIgnoreCase);

    /// <summary>A secret, or a URL with one; and the mask of such a URL, which has nothing of it.</summary>
    private static bool IsHidden(string property, JsonElement value) =>
        IsSecret(property) || (IsUrl(property) && value.ValueKind == JsonValueKind.String && (IsMask(value) || value.GetString()!.Contains('@', StringComparison.Ordinal)));

    /// <summary>The text as it may be shown; the same one where there is nothing to hide.</summary>
    /// <param name="json">One JSON value.</param>
    public static string Redacted(string json)
    {
        if (!json.AsSpan().ContainsAny(Hints)) return json;
        var hidden = 0;
        try
        {
            var text = Copy(json, _ => (writer, _, _, _) =>
            {
                hidden++;
                writer.WriteStringValue(Mask);
            });
            return hidden == 0 ? json : text;
        }
        catch (InvalidOperationException) { return "{}"; } // half of a surrogate pair: names that cannot be told cannot be cleared either
    }

    /// <summary>A posted text with the stored secrets in place of the masks. They go only where they went before: whoever may change a spec is not to have its passwords sent to brokers, or to whom a token
    /// is asked of, of his own. So all properties but secrets and harmless ones must be as they are stored.</summary>
    /// <param name="stored">The text whose secrets they are, as it was before it was redacted; null: there is none.</param>
    /// <returns>With a problem for each mask that stands for nothing, or would go elsewhere.</returns>
    /// <exception cref="InvalidOperationException">A member's name is no text.</exception>
    public static (string Json, IReadOnlyList<SpecProblem> Problems) Restored(JsonElement posted, string? stored)
    {
        using var document = stored is null ? null : JsonDocument.Parse(stored);
        var known = document is null ? null : Find(document.RootElement, "spec", "ioConfig", Properties);
        var problems = new List<SpecProblem>();
        var json = Copy(posted, given =>
        {
            var difference = new Lazy<string?>(() => Difference(given, known!.Value));
            return (writer, keys, path, value) =>
            {
                var before = IsMask(value) && known is { } properties ? Find(properties, keys) : null;
                var problem = !IsMask(value) ? null
                    : before is null ? "stands for the stored value, and there is none"
                    : difference.Value is { } name ? $"stands for a secret that goes only where it went before, and [{name}] differs" : null;
                if (problem is not null) problems.Add(new SpecProblem(path, $"[{Mask}] {problem}: give the value itself"));
                (problem is null && before is { } secret ? secret : value).WriteTo(writer);
            };
        });
        return (json, problems);
    }

    private static bool IsMask(JsonElement value) => value.ValueKind == JsonValueKind.String && value.ValueEquals(Mask);

    /// <summary>The first property by which a secret could go elsewhere than before. Each that is given is looked at: of two with one name it is not for us to know which counts.</summary>
    private static string? Difference(JsonElement given, JsonElement stored)
    {
        foreach (var property in given.EnumerateObject())
            if (!MayDiffer(property.Name) && !(stored.TryGetProperty(property.Name, out var before) && IsAsBefore(property, before))) return property.Name;
        foreach (var property in stored.EnumerateObject())
            if (!MayDiffer(property.Name) && !given.TryGetProperty(property.Name, out _)) return property.Name;
        return null;
    }

    private static bool MayDiffer(string property) => IsSecret(property) || Harmless.Any(beginning => property.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>Of a provider what it provides. The mask of a URL becomes what was there before.</summary>
    private static bool IsAsBefore(JsonProperty property, JsonElement before) =>
        property.Value.ValueKind == JsonValueKind.Object && before.ValueKind == JsonValueKind.Object ? Difference(property.Value, before) is null
            : JsonElement.DeepEquals(property.Value, before) || (IsUrl(property.Name) && IsMask(property.Value));

    private static JsonElement? Find(JsonElement json, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(key, out json)) return null;
        return json;
    }

    private static string Copy(string json, Func<JsonElement, SecretWriter> secrets)
    {
        using var document = JsonDocument.Parse(json);
        return Copy(document.RootElement, secrets);
    }

    /// <param name="secrets">For each <c>consumerProperties</c>: what is to be written in place of a secret among them.</param>
    private static string Copy(JsonElement json, Func<JsonElement, SecretWriter> secrets)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true })) Copy(json, "$", writer, secrets);
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Copy(JsonElement json, string path, Utf8JsonWriter writer, Func<JsonElement, SecretWriter> secrets)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    var at = $"{path}.{member.Name}";
                    if (member.NameEquals(Properties) && member.Value.ValueKind == JsonValueKind.Object) CopyProperties(member.Value, at, writer, secrets(member.Value));
                    else Copy(member.Value, at, writer, secrets);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                var index = 0;
                foreach (var item in json.EnumerateArray()) Copy(item, $"{path}[{index++}]", writer, secrets);
                writer.WriteEndArray();
                break;
            default: json.WriteTo(writer); break;
        }
    }

    private static void CopyProperties(JsonElement properties, string path, Utf8JsonWriter writer, SecretWriter secret)
    {
        writer.WriteStartObject();
        foreach (var property in properties.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            if (property.Value.ValueKind == JsonValueKind.Object) CopyProvider(property, $"{path}.{property.Name}", writer, secret);
            else CopyValue(property.Value, IsHidden(property.Name, property.Value), [property.Name], path, writer, secret);
        }
        writer.WriteEndObject();
    }

    private static void CopyProvider(JsonProperty property, string path, Utf8JsonWriter writer, SecretWriter secret)
    {
        var namesVariables = property.Value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("environment");
        writer.WriteStartObject();
        foreach (var member in property.Value.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            if (namesVariables || member.NameEquals("type")) member.Value.WriteTo(writer);
            else if (member.Value.ValueKind == JsonValueKind.Object)
            {
                writer.WriteStartObject();
                foreach (var given in member.Value.EnumerateObject())
                {
                    writer.WritePropertyName(given.Name);
                    CopyValue(given.Value, IsHidden(given.Name, given.Value) || IsSecret(property.Name), [property.Name, member.Name, given.Name], $"{path}.{member.Name}", writer, secret);
                }
                writer.WriteEndObject();
            }
            else CopyValue(member.Value, IsHidden(member.Name, member.Value) || IsSecret(property.Name), [property.Name, member.Name], path, writer, secret);
        }
        writer.WriteEndObject();
    }

    private static void CopyValue(JsonElement value, bool isSecret, string[] keys, string path, Utf8JsonWriter writer, SecretWriter secret)
    {
        if (isSecret && value.ValueKind != JsonValueKind.Null) secret(writer, keys, $"{path}.{keys[^1]}", value);
        else value.WriteTo(writer);
    }

    /// <param name="keys">Its members' names below <c>consumerProperties</c>.</param>
    /// <param name="path">Where it stands in the whole text.</param>
    private delegate void SecretWriter(Utf8JsonWriter writer, string[] keys, string path, JsonElement value);
}
