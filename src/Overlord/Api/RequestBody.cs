using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ingestion.Contracts.Specs;
using Microsoft.Net.Http.Headers;

namespace Ingestion.Overlord.Api;

/// <summary>Bodies of requests: read whole, up to the endpoint's limit (413 beyond it), and refused in words where they are not what is expected.</summary>
internal static class RequestBody
{
    /// <summary>Bytes that a body may have, where the endpoint does not allow more.</summary>
    private const int Limit = 1 << 20;

    /// <summary>Bytes after which the server hangs up. What lies between this and an endpoint's limit is read and thrown away, so that the caller reads the answer instead of a broken connection.</summary>
    public const int HangUpAfter = 64 << 20;

    /// <summary>Bytes of a task action, at most: a publish names all its segments.</summary>
    public const int ActionLimit = 30_000_000;

    /// <summary>Bytes of a supervisor or task spec, at most.</summary>
    public const int SpecLimit = 16 << 20;

    /// <summary>Bytes of all bodies that are held at a time: who comes beyond it is sent away for a moment, since a few hundred large ones, even of callers who may do nothing with them, would end the process.</summary>
    private const long MostHeld = 128 << 20;
    private static long held;

    /// <summary>Whether the request says that its body is JSON, and not packed.</summary>
    public static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) && !IsPacked(request);

    /// <exception cref="BadHttpRequestException">It is longer than the limit: 413; or others hold too much: 503.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        var share = new Share();
        request.HttpContext.Response.RegisterForDispose(share);
        var chunk = new byte[16_384];
        long length = 0;
        while (await request.Body.ReadAsync(chunk, cancellation) is var read and > 0)
        {
            if ((length += read) > limit) continue;
            if (!share.Grow(read)) throw new BadHttpRequestException("Too many large requests are being read: try again in a moment", StatusCodes.Status503ServiceUnavailable);
            body.Write(chunk, 0, read);
        }
        return length <= limit ? body.GetBuffer().AsMemory(0, (int)body.Length)
            : throw new BadHttpRequestException($"The body has {length} bytes, {limit} are allowed", StatusCodes.Status413PayloadTooLarge);
    }

    /// <summary>The body as a value.</summary>
    /// <param name="wrong">What to say of one that is not as expected: <c>The body is not an array of task ids</c>.</param>
    /// <param name="mustSayJson">Whether a body that is not said to be JSON is refused, as Druid does.</param>
    /// <returns>The value, which is null where the body is; or the refusal.</returns>
    public static async Task<(T? Value, IResult? Refusal)> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, string wrong, CancellationToken cancellation, bool mustSayJson = true, int limit = Limit)
    {
        if (mustSayJson ? !IsJson(request) : IsPacked(request)) return (default, DruidErrors.NotJson());
        var body = await ReadAsync(request, limit, cancellation);
        try { return (JsonSerializer.Deserialize(body.Span, type), null); }
        catch (JsonException e) { return (default, DruidErrors.BadRequest([new SpecProblem(e.Path ?? "$", $"{wrong}: {Reason(e, body.IsEmpty)}")])); }
        catch (Exception e) when (e is NotSupportedException or FormatException or ArgumentException or InvalidOperationException or OverflowException) // how values that no type has end
        {
            return (default, DruidErrors.BadRequest([new SpecProblem("$", $"{wrong}: {e.Message}")]));
        }
    }

    /// <summary>The body as a document that <see cref="PlainJson"/> lets pass: whoever reads it need not think of text that is none.</summary>
    /// <param name="expected">What it should be: <c>a task</c>.</param>
    /// <param name="mayRepeat">Whether a member may be given more than once: the last one counts.</param>
    /// <returns>Its root; or the refusal.</returns>
    public static async Task<(JsonElement Root, IResult? Refusal)> ReadPlainAsync(HttpRequest request, string expected, CancellationToken cancellation, int limit = Limit, bool mayRepeat = false)
    {
        if (!IsJson(request)) return (default, DruidErrors.NotJson());
        var (document, problems) = PlainJson.Parse((await ReadAsync(request, limit, cancellation)).Span, expected, mayRepeat);
        using (document) return document is null ? (default, DruidErrors.BadRequest(problems)) : (document.RootElement.Clone(), null);
    }

    /// <summary>System.Text.Json names our types where a value has another kind than it should; that helps nobody.</summary>
    private static string Reason(JsonException e, bool isEmpty) =>
        isEmpty ? "it is empty" : e.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) ? "the value is of another kind" : e.Message;

    /// <summary>What one request holds, until it is answered.</summary>
    private sealed class Share : IDisposable
    {
        private long bytes;

        /// <returns>False: there is no room.</returns>
        public bool Grow(int by)
        {
            bytes += by;
            return Interlocked.Add(ref held, by) <= MostHeld;
        }

        public void Dispose() => Interlocked.Add(ref held, -Interlocked.Exchange(ref bytes, 0));
    }

    private static bool IsPacked(HttpRequest request) => request.Headers.ContentEncoding is { Count: > 0 } encoding && !string.Equals(encoding.ToString(), "identity", StringComparison.OrdinalIgnoreCase);
}
