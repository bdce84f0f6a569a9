using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ingestion.Access.Tls;

/// <summary>The authorities whose certificates an outgoing call takes, instead of those that the machine knows. Names are checked as ever.</summary>
public sealed class TrustedAuthorities
{
    private readonly X509Certificate2Collection authorities = [];

    private TrustedAuthorities() { }

    /// <param name="option">What to call it in errors.</param>
    /// <exception cref="FormatException">The file cannot be read or has no certificate in PEM.</exception>
    public static TrustedAuthorities Read(string file, string option = "--trust")
    {
        var trusted = new TrustedAuthorities();
        try { trusted.authorities.ImportFromPemFile(file); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException) { throw new FormatException($"{option} [{file}] cannot be used: {e.Message}", e); }
        return trusted.authorities.Count > 0 ? trusted : throw new FormatException($"{option} [{file}] has no certificate in PEM");
    }

    public SslClientAuthenticationOptions ClientOptions()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck }; // private authorities rarely publish revocations
        policy.CustomTrustStore.AddRange(authorities);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }
}
