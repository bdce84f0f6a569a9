using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Ingestion.Overlord.Metadata;

/// <summary>Payload columns: UTF-8 JSON in bytes.</summary>
internal static class StoredJson
{
    /// <summary>Whether the bytes are one JSON object; its text as stored.</summary>
    public static bool TryRead(byte[] payload, out string json, out string problem)
    {
        json = problem = "";
        var reader = new Utf8JsonReader(payload);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                problem = "it is not a JSON object";
                return false;
            }
            reader.Skip();
            if (reader.Read()) throw new JsonException("there is more after the end of the object");
            json = Encoding.UTF8.GetString(payload);
            return true;
        }
        catch (JsonException e)
        {
            problem = e.Message;
            return false;
        }
    }

    /// <summary>Of a payload's bytes, in upper-case hex: what Druid compares committed offsets by.</summary>
    public static string Sha1(byte[] payload) => Convert.ToHexString(SHA1.HashData(payload));

    public static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
