using System.Net;
using Ingestion.Access.Http;
using Ingestion.Access.Log;
using Ingestion.Access.Users;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ingestion.Access;

/// <summary>Puts access control into a host. Where it is off, only other sites' pages are kept out.</summary>
public static partial class AccessSetup
{
    /// <param name="unsaid">What an endpoint needs that does not say.</param>
    public static void AddAccess(this IServiceCollection services, AccessOptions access, Needs unsaid)
    {
        services.TryAddSingleton(TimeProvider.System);
        if (access.RequestLogFolder is { } folder) services.AddSingleton(s => new RequestLog(folder, s.GetRequiredService<ILogger<RequestLog>>()));
        if (access.Users is not null || access.Certificate is not null) services.AddHostedService(s => new Rereading(access, s.GetRequiredService<ILogger<Rereading>>()));
        if (access.Users is not { } users) return;
        services.AddSingleton(users);
        services.AddSingleton(_ => new Passwords(users));
        services.AddSingleton<FailureLimit>();
        services.AddSingleton<Doorkeeper>();
        // The core alone: AddAuthentication brings keys to protect cookies with, which it keeps in the home folder.
        services.AddAuthenticationCore(schemes =>
        {
            schemes.AddScheme<CredentialHandler>(CredentialHandler.SchemeName, null);
            schemes.DefaultScheme = CredentialHandler.SchemeName;
        });
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder(CredentialHandler.SchemeName).AddRequirements(new NeedsRequirement(unsaid)).Build());
        services.AddSingleton<IAuthorizationHandler, NeedsHandler>();
    }

    /// <summary>Before all else, so that the log has every answer.</summary>
    public static void UseRequestLog(this IApplicationBuilder app, AccessOptions access)
    {
        if (access.RequestLogFolder is not null) app.UseRequestLog(app.ApplicationServices.GetRequiredService<RequestLog>(), app.ApplicationServices.GetRequiredService<TimeProvider>());
    }

    /// <summary>After routing: what a caller needs is the endpoint's.</summary>
    /// <param name="listen">Where calls come in.</param>
    /// <param name="host">The name under which others are told to call; null: none in particular.</param>
    public static void UseAccess(this IApplicationBuilder app, AccessOptions access, IPEndPoint listen, string? host)
    {
        if (access.Users is null)
        {
            var own = new OwnNames(host is null ? access.KnownAs : [.. access.KnownAs, host]);
            app.Use(next => context => !own.Has(context.Request.Host) ? AccessRefusal.WriteMisdirectedAsync(context)
                : ForeignPage.HasSent(context.Request) ? AccessRefusal.WriteAsync(context, ForeignPage.Refusal) : next(context));
            return;
        }
        if (access.IsOverheard(listen)) LogOverheard(app.ApplicationServices.GetRequiredService<ILogger<AccessOptions>>(), listen);
        app.UseAuthentication();
        app.UseAuthorization();
    }

    [LoggerMessage(330, LogLevel.Warning, "{Listen} speaks plain HTTP: passwords and tokens can be read on their way (--certificate)")]
    private static partial void LogOverheard(ILogger logger, IPEndPoint listen);
}
