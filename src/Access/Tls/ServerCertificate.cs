using System.Net.Security;
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
    private readonly string file;
    private readonly string? keyFile, password;
    private volatile SslStreamCertificateContext shown;

    private ServerCertificate(string file, string? keyFile, string? password)
    {
        (this.file, this.keyFile, this.password) = (file, keyFile, password);
        shown = Load();
    }

    internal X509Certificate2 Certificate => shown.TargetCertificate;

    /// <summary>Reads PEM files or PKCS#12.</summary>
    /// <param name="keyFile">PEM; null: the key is in <paramref name="file"/> too.</param>
    /// <param name="password">Of the key; null: it is not encrypted.</param>
    /// <exception cref="FormatException">A file cannot be read, is something else, or certificate and key do not belong together.</exception>
    public static ServerCertificate Read(string file, string? keyFile, string? password) => new(file, keyFile, password);

    /// <summary>Reads the files as they are now.</summary>
    /// <returns>From when this is called on new connections are shown that, until then what was shown before.</returns>
    /// <exception cref="FormatException">As <see cref="Read"/>.</exception>
    public Action ReadAgain()
    {
        var read = Load();
        return () => shown = read;
    }

    public void Use(ListenOptions listener) => listener.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = shown }) });

    private SslStreamCertificateContext Load()
    {
        try
        {
            var (certificate, chain) = File.ReadAllText(file).Contains(PemBegin, StringComparison.Ordinal) ? LoadPem() : LoadPkcs12();
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException) { throw new FormatException($"the certificate [{file}] cannot be used: {e.Message}", e); }
    }

    private (X509Certificate2, X509Certificate2Collection) LoadPem()
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file);
        return (password is null ? X509Certificate2.CreateFromPemFile(file, keyFile ?? file) : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile ?? file), chain);
    }

    private (X509Certificate2, X509Certificate2Collection) LoadPkcs12()
    {
        if (keyFile is not null) throw new FormatException($"[{file}] is not PEM: its key is in itself, and --certificate-key is not for it");
        var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
        return (all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new FormatException($"[{file}] has no private key"), all);
    }
}
