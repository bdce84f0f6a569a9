namespace Ingestion.Overlord.Api;

/// <summary>Sends what is left of a stream, as it comes, and closes it.</summary>
internal sealed class StreamedFile(System.IO.Stream content, string contentType) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using (content)
        {
            httpContext.Response.ContentType = contentType;
            await content.CopyToAsync(httpContext.Response.Body, httpContext.RequestAborted);
        }
    }
}
