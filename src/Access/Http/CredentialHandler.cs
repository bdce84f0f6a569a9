using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Ingestion.Access.Http;

/// <summary>ASP.NET Core's authentication by Basic and Bearer credentials, and the answers to callers who have none, wrong ones, or too many wrong ones.</summary>
internal sealed class CredentialHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, Doorkeeper doorkeeper) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, UrlEncoder.Default)
{
    public const string SchemeName = "BasicOrBearer";

    private TimeSpan? wait;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count == 0) return AuthenticateResult.NoResult();
        if (ForeignPage.HasSent(Request)) return AuthenticateResult.Fail(ForeignPage.Refusal);
        switch (await doorkeeper.AdmitAsync(Credential.Read(header.ToString()), Context.Connection.RemoteIpAddress, Context.TraceIdentifier, Context.RequestAborted))
        {
            case Admission.Admitted admitted: return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new CallerIdentity(admitted.User)), SchemeName));
            case Admission.TooMany tooMany:
                wait = tooMany.Wait;
                return AuthenticateResult.Fail("too many wrong credentials");
            default: return AuthenticateResult.Fail("wrong credentials");
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (wait is { } left)
        {
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Response.Headers.RetryAfter = Math.Ceiling(left.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Response.WriteAsJsonAsync(new { error = AccessRefusal.TooMany });
        }
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = AccessRefusal.Challenges;
        return Response.WriteAsJsonAsync(new { error = Request.Headers.Authorization.Count == 0 ? AccessRefusal.Missing : AccessRefusal.Wrong });
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => AccessRefusal.WriteAsync(Context, AccessRefusal.LacksRole(Context.User.Identity?.Name));
}
