using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>Writes rows of Druid's audit table.</summary>
internal sealed class AuditLog(MetadataTables tables)
{
    private const int MaxAuthorLength = 255;
    private const int MaxCommentLength = 2048;

    /// <summary>In the transaction that makes the change.</summary>
    /// <param name="change">In words; Druid stores them as a JSON string within the JSON.</param>
    public Task WriteAsync(NpgsqlConnection connection, string supervisorId, string change, AuditContext context, DateTimeOffset at) => connection.ExecuteAsync($"""
        INSERT INTO {tables.Audit} (audit_key, type, author, comment, created_date, payload) VALUES (@key, 'supervisor', @author, @comment, @at, @payload)
        """, new
    {
        key = supervisorId, author = Cut(context.Author, MaxAuthorLength), comment = Cut(context.Comment, MaxCommentLength), at = IsoTime.Write(at),
        payload = Payload(supervisorId, change, context, at),
    });

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    private static byte[] Payload(string supervisorId, string change, AuditContext context, DateTimeOffset at)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("key", supervisorId);
            json.WriteString("type", "supervisor");
            json.WriteStartObject("auditInfo");
            json.WriteString("author", context.Author);
            json.WriteString("identity", context.Identity);
            json.WriteString("comment", context.Comment);
            json.WriteString("ip", context.Ip);
            json.WriteEndObject();
            json.WriteStartObject("request");
            json.WriteString("service", "overlord");
            json.WriteString("method", context.Method);
            json.WriteString("uri", context.Uri);
            json.WriteString("queryParams", context.QueryParams);
            json.WriteEndObject();
            json.WriteString("payload", "\"" + JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(change) + "\"");
            json.WriteString("auditTime", IsoTime.Write(at));
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
