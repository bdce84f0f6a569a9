using System.Net.Http.Headers;
using System.Text;

namespace Ingestion.Access.Http;

/// <summary>The header <c>Authorization</c> of outgoing calls. What cannot be sent is refused without repeating it.</summary>
public static class CredentialHeader
{
    /// <summary>RFC 7617.</summary>
    /// <exception cref="FormatException">The name has a colon, which would end it.</exception>
    public static AuthenticationHeaderValue Basic(string user, string password) => user.Contains(':', StringComparison.Ordinal)
        ? throw new FormatException($"a user's name has no colon: [{user}]")
        : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    /// <summary>RFC 6750.</summary>
    /// <exception cref="FormatException">The token has blanks or what a header cannot have.</exception>
    public static AuthenticationHeaderValue Bearer(string token) => token.Length == 0 || token.Any(c => c is <= ' ' or > '~')
        ? throw new FormatException("a token has neither blanks nor other than ASCII characters")
        : new AuthenticationHeaderValue("Bearer", token);
}
