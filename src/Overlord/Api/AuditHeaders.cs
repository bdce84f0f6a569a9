using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Overlord.Metadata;

namespace Ingestion.Overlord.Api;

/// <summary>Who asks for a change: by their credentials, and where nobody is asked for any, by Druid's header.</summary>
internal static class AuditHeaders
{
    public static AuditContext Of(HttpRequest request)
    {
        var caller = Caller.Of(request.HttpContext);
        var context = new AuditContext
        {
            Author = request.Headers["X-Druid-Author"].ToString(), Comment = request.Headers["X-Druid-Comment"].ToString(),
            Ip = request.HttpContext.Connection.RemoteIpAddress?.ToString() ?? "", Method = request.Method, Uri = request.Path.ToString(),
            QueryParams = request.QueryString.HasValue ? request.QueryString.Value![1..] : null, RequestId = request.HttpContext.TraceIdentifier,
        };
        return ReferenceEquals(caller, User.Anyone) ? context : context with { Author = caller.Name, Identity = caller.Name };
    }
}
