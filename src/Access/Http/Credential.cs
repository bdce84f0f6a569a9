using System.Net.Http.Headers;
using System.Text;

namespace Ingestion.Access.Http;

/// <summary>What a request's header <c>Authorization</c> says: a name and a password (RFC 7617) or a bearer token (RFC 6750).</summary>
internal abstract record Credential
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private Credential() { }

    public sealed record Basic(string Name, string Password) : Credential;
    public sealed record Bearer(string Token) : Credential;

    /// <summary>It has neither form.</summary>
    public sealed record Unreadable : Credential;

    public static Credential Read(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var value) || value.Parameter is not { Length: > 0 } parameter) return new Unreadable();
        if (value.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) return new Bearer(parameter);
        if (!value.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)) return new Unreadable();
        try
        {
            var text = Utf8.GetString(Convert.FromBase64String(parameter));
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            return colon > 0 ? new Basic(text[..colon], text[(colon + 1)..]) : new Unreadable();
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException) { return new Unreadable(); }
    }
}
