namespace Ingestion.Access.Http;

/// <summary>Changes that a browser makes because a page of another site has it do so. A browser adds the password that it knows, and reaches listeners of its own machine alone; it says whose page it is. Programs do not send the header.</summary>
internal static class ForeignPage
{
    public const string Refusal = "sent by a page of another site";

    public static bool HasSent(HttpRequest request) => !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && request.Headers["Sec-Fetch-Site"].ToString() is ("cross-site" or "same-site");
}
