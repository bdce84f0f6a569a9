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
    public Task WriteAsync(NpgsqlConnection connection, string supervisorId, string change, AuditContext context, DateTimeOffset at) => WriteAsync(connection, "supervisor", supervisorId, change, context, at);

    /// <inheritdoc cref="WriteAsync(NpgsqlConnection, string, string, AuditContext, DateTimeOffset)"/>
    /// <param name="type">Of what was changed, in Druid's words: <c>supervisor</c>, <c>worker.config</c>, <c>segment.markUnused</c>.</param>
    /// <param name="key">Which one.</param>
    public Task WriteAsync(NpgsqlConnection connection, string type, string key, string change, AuditContext context, DateTimeOffset at) => connection.ExecuteAsync($"""
        INSERT INTO {tables.Audit} (audit_key, type, author, comment, created_date, payload) VALUES (@key, @type, @author, @comment, @at, @payload)
        """, new
    {
        key, type, author = Cut(context.Author, MaxAuthorLength), comment = Cut(context.Comment, MaxCommentLength), at = IsoTime.Write(at),
        payload = Payload(type, key, change, context, at),
    });

    /// <summary>Not through the middle of a surrogate pair, of which the database would not take the half.</summary>
    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static byte[] Payload(string type, string key, string change, AuditContext context, DateTimeOffset at)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteString("type", type);
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
