using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Stream;

/// <summary><c>consumerProperties</c> in a task's payload: texts, and <see cref="SecretProvider"/>s as the objects that they are.</summary>
internal sealed class ConsumerPropertiesConverter : JsonConverter<ImmutableSortedDictionary<string, string>>
{
    public override ImmutableSortedDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("consumerProperties: an object is expected");
        var properties = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null) continue;
            if (member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) properties[member.Name] = member.Value.ToString();
            else if (SecretProvider.ProblemOf(member.Name, member.Value) is { } problem) throw new JsonException($"consumerProperties.{member.Name} {problem}");
            else properties[member.Name] = SecretProvider.Keep(member.Value);
        }
        return properties.ToImmutable();
    }

    public override void Write(Utf8JsonWriter writer, ImmutableSortedDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value)
        {
            writer.WritePropertyName(name);
            if (SecretProvider.Is(name, text)) writer.WriteRawValue(text);
            else writer.WriteStringValue(text);
        }
        writer.WriteEndObject();
    }
}
