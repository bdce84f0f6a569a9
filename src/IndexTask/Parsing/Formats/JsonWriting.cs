using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>Lists and objects as JSON text, with numbers as Java prints them.</summary>
internal static class JsonWriting
{
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Append(value, text);
        return text.ToString();
    }

    private static void Append(object? value, StringBuilder to)
    {
        switch (value)
        {
            case string text: // by way of UTF-8: half of a surrogate pair, which an expression may cut out of a text, is none
                to.Append('"').Append(JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text), JavaScriptEncoder.UnsafeRelaxedJsonEscaping)).Append('"');
                break;
            case JsonMap map:
                to.Append('{');
                for (var i = 0; i < map.Count; i++)
                {
                    Append(map.GetAt(i).Key, to.Append(i == 0 ? "" : ","));
                    Append(map.GetAt(i).Value, to.Append(':'));
                }

                to.Append('}');
                break;
            case IReadOnlyList<object?> list:
                to.Append('[');
                for (var i = 0; i < list.Count; i++)
                    Append(list[i], to.Append(i == 0 ? "" : ","));
                to.Append(']');
                break;
            case double number when double.IsInfinity(number):
                to.Append(CultureInfo.InvariantCulture, $"{(number < 0 ? "-" : "")}1e999"); // JSON has no word for it, and reads this as it
                break;
            case double number when double.IsNaN(number):
                to.Append("\"NaN\"");
                break;
            default:
                to.Append(JavaText.Of(value));
                break;
        }
    }
}
