using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Ingestion.Access.Tls;

/// <summary>The certificate that a listener shows, with its private key and the certificates between it and an authority.</summary>
public sealed class ServerCertificate
{
    private const string PemBegin = "-----BEGIN";

    private ServerCertificate(X509Certificate2 certificate, X509Certificate2Collection chain) => (Certificate, Chain) = (certificate, chain);

    internal X509Certificate2 Certificate { get; }
    internal X509Certificate2Collection Chain { get; }

    /// <summary>Reads PEM files or PKCS#12.</summary>
    /// <param name="keyFile">PEM; null: the key is in <paramref name="file"/> too.</param>
    /// <param name="password">Of the key; null: it is not encrypted.</param>
    /// <exception cref="FormatException">A file cannot be read, is something else, or certificate and key do not belong together.</exception>
    public static ServerCertificate Read(string file, string? keyFile, string? password)
    {
        try
        {
            if (!File.ReadAllText(file).Contains(PemBegin, StringComparison.Ordinal))
            {
                if (keyFile is not null) throw new FormatException($"[{file}] is not PEM: its key is in itself, and --certificate-key is not for it");
                var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
                return new ServerCertificate(all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new FormatException($"[{file}] has no private key"), all);
            }
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(file);
            return new ServerCertificate(password is null ? X509Certificate2.CreateFromPemFile(file, keyFile ?? file) : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile ?? file), chain);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException) { throw new FormatException($"the certificate [{file}] cannot be used: {e.Message}", e); }
    }

    public void Use(ListenOptions listener) => listener.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = Certificate, ServerCertificateChain = Chain });
}
