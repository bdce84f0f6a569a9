using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ingestion.Access.Http;
using Ingestion.Access.Tls;
using Ingestion.Access.Users;

namespace Ingestion.Access;

/// <summary>Who may call a listener and how, as the command line and variables have it. The same for overlords and workers.</summary>
public sealed record AccessOptions
{
    /// <summary>Nobody is asked who they are: for listeners that only this machine reaches.</summary>
    public static readonly AccessOptions Off = new();

    public const string Usage = """
          --users FILE            who may call, and what for; or the variable INGESTION_USERS with what such a file has. Without it, only addresses of this
                                  machine (127.0.0.1, ::1) are listened on. `overlord hash-password --help` says how it is written
          --insecure              listen on any address, and ask nobody
          --known-as NAME         a name under which this process may be called too, a proxy's perhaps; can be repeated. Without users only addresses, names without a
                                  dot, the machine's name and that of --url or --host are answered, since a page of any site can take another name for ours
          --certificate FILE      TLS: the certificate and those between it and an authority (PEM), or PKCS#12
          --certificate-key FILE  its key in PEM, where that is another file; INGESTION_CERTIFICATE_PASSWORD where it is encrypted
          --trust FILE            the authorities (PEM) whose certificates other overlords and workers may have; those that the machine knows by default
          --request-log FOLDER    one line of JSON for each request: requests.log, set aside at 16 MiB, 7 older ones kept
          INGESTION_TOKEN, or INGESTION_USER and INGESTION_PASSWORD: this process's own credentials at other overlords and workers ("internal" there)
        """;

    /// <summary>Null: nobody is asked.</summary>
    public UserTable? Users { get; init; }
    public bool IsInsecure { get; init; }

    /// <summary>Names under which the process may be called, beside its own.</summary>
    public IReadOnlyList<string> KnownAs { get; init; } = [];

    /// <summary>Null: plain HTTP.</summary>
    public ServerCertificate? Certificate { get; init; }

    /// <summary>Null: those that the machine knows.</summary>
    public TrustedAuthorities? Trusted { get; init; }

    /// <summary>Null: there is no request log.</summary>
    public string? RequestLogFolder { get; init; }

    /// <summary>Of this process, where it calls others; null: it has none.</summary>
    public AuthenticationHeaderValue? OwnCredential { get; init; }

    public string Scheme => Certificate is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;

    /// <summary>Takes its options out of a command line.</summary>
    /// <exception cref="FormatException">An option lacks its value, or what it names cannot be used.</exception>
    public static (AccessOptions Access, IReadOnlyList<string> Others) Take(IReadOnlyList<string> arguments, Func<string, string?> variable)
    {
        var (rest, knownAs) = (new List<string>(), new List<string>());
        var (users, certificate, key, trust, requestLog, isInsecure) = ((string?)null, (string?)null, (string?)null, (string?)null, (string?)null, false);
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{option} needs a value");
            switch (option)
            {
                case "--users": users = Value(); break;
                case "--insecure": isInsecure = true; break;
                case "--known-as": knownAs.Add(Name(Value())); break;
                case "--certificate": certificate = Value(); break;
                case "--certificate-key": key = Value(); break;
                case "--trust": trust = Value(); break;
                case "--request-log": requestLog = Value(); break;
                default: rest.Add(option); break;
            }
        }
        if (requestLog is not null) TryCreate(requestLog);
        if (key is not null && certificate is null) throw new FormatException("--certificate-key goes with --certificate");
        var access = new AccessOptions
        {
            Users = users is not null ? ReadUsers($"--users [{users}]", () => File.ReadAllBytes(users)) : Given(variable, "INGESTION_USERS") is { } json ? ReadUsers("INGESTION_USERS", () => Encoding.UTF8.GetBytes(json)) : null,
            IsInsecure = isInsecure,
            KnownAs = knownAs,
            Certificate = certificate is null ? null : ServerCertificate.Read(certificate, key, Given(variable, "INGESTION_CERTIFICATE_PASSWORD")),
            Trusted = trust is null ? null : TrustedAuthorities.Read(trust),
            RequestLogFolder = requestLog,
            OwnCredential = Own(variable),
        };
        if (access is { Users: not null, OwnCredential: null })
            throw new FormatException("--users: INGESTION_TOKEN, or INGESTION_USER and INGESTION_PASSWORD, is missing: with what does this process call other overlords and workers?");
        return (access, rest);
    }

    /// <summary>To be asked before listening.</summary>
    /// <exception cref="FormatException">Others could reach the address, and nobody would ask who they are.</exception>
    public void EnsureMayListen(IPEndPoint address)
    {
        if (Users is null && !IsInsecure && !IPAddress.IsLoopback(address.Address))
            throw new FormatException($"{address} can be reached from other machines, and nobody would be asked who they are: name users with --users FILE, or say --insecure where all who can connect are trusted");
    }

    /// <summary>Whether passwords and tokens of callers can be read on their way.</summary>
    public bool IsOverheard(IPEndPoint listen) => Users is not null && Certificate is null && !IPAddress.IsLoopback(listen.Address);

    /// <summary>For outgoing calls to overlords and workers: whom to trust.</summary>
    public void Secure(SocketsHttpHandler handler)
    {
        if (Trusted is not null) handler.SslOptions = Trusted.ClientOptions();
    }

    /// <summary>For outgoing calls to overlords and workers: who calls.</summary>
    public void Authorize(HttpClient client) => client.DefaultRequestHeaders.Authorization = OwnCredential;

    private static AuthenticationHeaderValue? Own(Func<string, string?> variable) => (Given(variable, "INGESTION_TOKEN"), Given(variable, "INGESTION_USER"), Given(variable, "INGESTION_PASSWORD")) switch
    {
        (null, null, null) => null,
        ({ } token, null, null) => CredentialHeader.Bearer(token),
        (null, { } user, { } password) => CredentialHeader.Basic(user, password),
        _ => throw new FormatException("either INGESTION_TOKEN or both INGESTION_USER and INGESTION_PASSWORD are expected"),
    };

    private static string Name(string text) => Uri.CheckHostName(text) is not UriHostNameType.Unknown ? text : throw new FormatException($"--known-as [{text}] is not a name such as druid.example, without a port");

    private static string? Given(Func<string, string?> variable, string name) => variable(name) is { Length: > 0 } value ? value : null;

    private static void TryCreate(string folder)
    {
        try { Directory.CreateDirectory(folder); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new FormatException($"--request-log [{folder}] cannot be used: {e.Message}", e); }
    }

    private static UserTable ReadUsers(string where, Func<byte[]> source) => UserTable.Read(() =>
    {
        try { return source(); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new FormatException($"{where} cannot be read: {e.Message}", e); }
    }, where);
}
