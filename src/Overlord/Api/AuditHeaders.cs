using Ingestion.Overlord.Metadata;

namespace Ingestion.Overlord.Api;

/// <summary>Who asks for a change, by Druid's headers.</summary>
internal static class AuditHeaders
{
    public static AuditContext Of(HttpRequest request) => new()
    {
        Author = request.Headers["X-Druid-Author"].ToString(), Comment = request.Headers["X-Druid-Comment"].ToString(),
        Ip = request.HttpContext.Connection.RemoteIpAddress?.ToString() ?? "", Method = request.Method, Uri = request.Path.ToString(),
        QueryParams = request.QueryString.HasValue ? request.QueryString.Value![1..] : null,
    };
}
