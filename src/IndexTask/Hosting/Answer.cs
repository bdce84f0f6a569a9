using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Answers in Druid's forms. Handlers are plain request delegates: a fresh worker pays for no generated parameter binding.</summary>
internal static class Answer
{
    public static Task Json<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), context.RequestAborted).AsTask();
    }

    /// <summary>A JSON string, as Druid's chat endpoints answer mistakes.</summary>
    public static Task Text(HttpContext context, int status, string text) => Json(context, text, ContractsJson.Default.String, status);

    /// <summary><c>{"error":"..."}</c></summary>
    public static Task Error(HttpContext context, int status, string error) => Object(context, writer => writer.WriteString("error", error), status);

    public static Task Object(HttpContext context, Action<Utf8JsonWriter> members, int status = 200) => Write(context, writer =>
    {
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
    }, status);

    public static async Task Write(HttpContext context, Action<Utf8JsonWriter> write, int status = 200)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) write(writer);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }

    public static async Task<byte[]> Body(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    public static long? Number(string? text) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}
