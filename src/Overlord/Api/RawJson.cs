using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Overlord.Api;

/// <summary>A JSON value that is text already, such as a stored spec, and goes into an answer as it is: with many supervisors, to read and write each again is what a list of them costs.</summary>
/// <param name="Text">One valid JSON value.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct RawJson(string Text)
{
    public sealed class Converter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new RawJson(document.RootElement.GetRawText());
        }

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Text);
    }
}
