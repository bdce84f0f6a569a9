namespace Ingestion.Access.Http;

/// <summary>
/// Changes that a browser makes because a page of another site has it do so. A browser adds the password that it knows, and reaches listeners of its own machine alone; it says whose page it is: in
/// <c>Sec-Fetch-Site</c> (https://www.w3.org/TR/fetch-metadata/), but only to HTTPS and to its own machine, and else in <c>Origin</c> (https://fetch.spec.whatwg.org/#origin-header). Programs send neither.
/// </summary>
internal static class ForeignPage
{
    public const string Refusal = "sent by a page of another site";

    public static bool HasSent(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return false;
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site) return site is "cross-site" or "same-site";
        return request.Headers.Origin.ToString() is { Length: > 0 } origin && !IsOurs(origin, request);
    }

    /// <summary>A page that was got under the name that is called now, or by way of a proxy that says under which (Druid's Router does): a page cannot have a browser say that.</summary>
    private static bool IsOurs(string origin, HttpRequest request)
    {
        var authority = origin.IndexOf("://", StringComparison.Ordinal) is var end and >= 0 ? origin[(end + 3)..] : origin; // "null", of pages that do not want to say
        return IsSame(authority, request.Host.Value) || request.Headers["X-Forwarded-Host"].ToString().Split(',', StringSplitOptions.TrimEntries).Any(host => IsSame(authority, host));
    }

    private static bool IsSame(string authority, string? host) => authority.Equals(host, StringComparison.OrdinalIgnoreCase);
}
