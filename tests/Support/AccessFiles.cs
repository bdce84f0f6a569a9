using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Ingestion.Support;

/// <summary>Users of several kinds, an authority, and its certificate for 127.0.0.1 and localhost: what a listener with access control needs, as files in a folder.</summary>
public sealed class AccessFiles
{
    /// <summary>Names, and passwords too. The last two may read and write, or read, only what begins with <c>wiki</c>.</summary>
    public const string Operator = "operator", Reader = "reader", WikiWriter = "wiki-writer", WikiReader = "wiki-reader";

    /// <summary>Overlords and workers call each other with it; the name of who has it is <c>cluster</c>.</summary>
    public const string Token = "a-token-of-128-bits-or-more";
    private const int Iterations = 10_000;

    private readonly X509Certificate2 authority;

    public AccessFiles(string folder, string name = "127.0.0.1")
    {
        Directory.CreateDirectory(folder);
        string At(string file) => Path.Combine(folder, file);
        (Users, Authority, Certificate, Key) = (At("users.json"), At("authority.pem"), At("certificate.pem"), At("key.pem"));
        File.WriteAllText(Users, JsonSerializer.Serialize(new
        {
            users = (object[])[
                new { name = Operator, password = Hashed(Operator), read = (string[])["*"], write = (string[])["*"] },
                new { name = Reader, password = Hashed(Reader), read = (string[])["*"] },
                new { name = WikiWriter, password = Hashed(WikiWriter), read = (string[])["wiki*"], write = (string[])["wiki*"] },
                new { name = WikiReader, password = Hashed(WikiReader), read = (string[])["wiki*"] },
                new { name = "cluster", tokens = (string[])["sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Token)))], @internal = true },
            ],
        }));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test Authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Authority, authority.ExportCertificatePem());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest("CN=Test Server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
        own.CertificateExtensions.Add(names.Build());
        using var issued = own.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Certificate, issued.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }

    public string Users { get; }
    public string Authority { get; }
    public string Certificate { get; }
    public string Key { get; }

    /// <summary>Of a command line, with TLS.</summary>
    public IReadOnlyList<string> Options => ["--users", Users, "--certificate", Certificate, "--certificate-key", Key, "--trust", Authority];

    /// <summary>Of the environment: the process's own credentials.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string> { ["INGESTION_TOKEN"] = Token };

    /// <summary>A client that trusts the authority alone, and does not follow redirects.</summary>
    /// <param name="user">Whose password is the name; null: it sends no credentials.</param>
    public HttpClient NewClient(string? user = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } });
        if (user is not null) client.DefaultRequestHeaders.Authorization = Basic(user, user);
        return client;
    }

    public static AuthenticationHeaderValue Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
    public static AuthenticationHeaderValue Bearer(string token = Token) => new("Bearer", token);

    private static string Hashed(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return $"pbkdf2-sha256:{Iterations}:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32))}";
    }
}
