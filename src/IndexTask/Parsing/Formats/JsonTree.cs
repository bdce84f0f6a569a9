using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>JSON texts (RFC 8259) as values. As in Druid an integer beyond 64 bits becomes a double, and half a surrogate pair a question mark.</summary>
internal static class JsonTree
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = JsonText.MaxDepth, AllowMultipleValues = true };

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Reads JSON values one behind the other.</summary>
    /// <param name="most">How many; what follows is not looked at.</param>
    /// <param name="values">Those before the end, or before the first that is no JSON.</param>
    /// <returns>False: there is something that is no JSON.</returns>
    public static bool TryReadAll(ReadOnlySpan<byte> text, int most, out List<object?> values)
    {
        values = [];
        if (text.StartsWith(ByteOrderMark))
            text = text[ByteOrderMark.Length..];
        if (!Utf8.IsValid(text))
            text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text));
        var reader = new Utf8JsonReader(text, Options);
        try
        {
            while (values.Count < most && reader.Read())
                values.Add(Value(ref reader));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static object? Value(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Map(ref reader),
        JsonTokenType.StartArray => List(ref reader),
        JsonTokenType.String => Text(ref reader),
        JsonTokenType.Number => reader.TryGetInt64(out var integer) ? (object)integer : reader.GetDouble(),
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => null,
    };

    private static JsonMap Map(ref Utf8JsonReader reader)
    {
        var map = new JsonMap();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = Text(ref reader);
            reader.Read();
            map[name] = Value(ref reader);
        }

        return map;
    }

    private static List<object?> List(ref Utf8JsonReader reader)
    {
        List<object?> list = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(Value(ref reader));
        return list;
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return Encoding.UTF8.GetString(reader.ValueSpan);
        var text = reader.ValueSpan.ToArray();
        return Encoding.UTF8.GetString(text, 0, JsonEscapes.Decode(text));
    }
}
