using System.Security.Claims;
using Ingestion.Access.Users;

namespace Ingestion.Access.Http;

/// <summary>Who makes a request.</summary>
public static class Caller
{
    /// <returns><see cref="User.Anyone"/> where access is not controlled.</returns>
    public static User Of(HttpContext context) =>
        context.User.Identity is CallerIdentity identity ? identity.User : context.RequestServices.GetService<UserTable>() is null ? User.Anyone : User.Nobody;
}

/// <summary>A user who has proved to be one.</summary>
internal sealed class CallerIdentity(User user) : ClaimsIdentity([new Claim(ClaimsIdentity.DefaultNameClaimType, user.Name)], CredentialHandler.SchemeName)
{
    public User User => user;
}
