using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Ingestion.Access;
using Ingestion.IndexTask.Hosting;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Access;

/// <summary>Where is listened, and how.</summary>
public sealed class ListenerTests(PostgresFixture postgres) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("listener-tests").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("0.0.0.0:0", true)]
    [InlineData("[::]:0", true)]
    [InlineData("10.1.2.3:80", true)]
    [InlineData("127.0.0.1:0", false)]
    [InlineData("127.8.8.8:0", false)]
    [InlineData("[::1]:0", false)]
    public void Address_that_others_reach_is_not_listened_on_without_users(string address, bool isRefused)
    {
        var options = Options("--listen", address);
        var refusal = Record.Exception(() => OverlordHost.Build(options))?.Message;
        Assert.Equal(isRefused ? $"{IPEndPoint.Parse(address)} can be reached from other machines, and nobody would be asked who they are: name users with --users FILE, or say --insecure where all who can connect are trusted" : null, refusal);
        Assert.Null(Record.Exception(() => Options("--listen", address, "--insecure").Access.EnsureMayListen(options.Listen)));
        var secured = Secured().Access;
        Assert.Null(Record.Exception(() => secured.EnsureMayListen(options.Listen)));
        Assert.Equal((false, isRefused, false), (secured.IsOverheard(options.Listen), (secured with { Certificate = null }).IsOverheard(options.Listen), options.Access.IsOverheard(options.Listen)));
    }

    [Fact]
    public async Task Insecure_listener_answers_anybody_on_any_address()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), access: null, more: ["--listen", "0.0.0.0:0", "--insecure"]);
        using var http = new HttpClient();
        Assert.Equal("[]", await http.GetStringAsync($"http://127.0.0.1:{overlord.Address.Port}/druid/indexer/v1/supervisor", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Page_whose_name_is_made_to_mean_this_machine_is_not_answered_where_nobody_is_asked()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), access: null, more: ["--known-as", "lb.example", "--known-as", "druid.example", "--url", "http://own.example:8090"]);
        await using var worker = new WorkerHost(WorkerOptions.Parse(["--overlords", overlord.Address.ToString(), "--deep-storage", folder, "--work-dir", Path.Combine(folder, "work"), "--known-as", "druid.example", "--host", "own.example"]), NullLoggerFactory.Instance);
        await worker.StartAsync(TestContext.Current.CancellationToken);
        foreach (var (host, status) in ((string, int)[])
        [
            ("evil.example", 421), ("evil.example:8090", 421), ("127.0.0.1.evil.example", 421), ("127.0.0.1:8090", 200), ("[::1]:8090", 200), ("localhost", 200), ("overlord-1:8090", 200), ("Druid.example:443", 200), ("own.example", 200),
        ])
        {
            Assert.Equal((host, status, status, status), (host, await AskAsync(overlord.Address, "GET", "/druid/indexer/v1/supervisor", host), await AskAsync(overlord.Address, "POST", "/druid/indexer/v1/supervisor/terminateAll", host),
                await AskAsync(new UriBuilder(worker.Address) { Host = "127.0.0.1" }.Uri, "GET", "/druid/worker/v1/enabled", host)));
        }

        static async Task<int> AskAsync(Uri address, string method, string path, string host)
        {
            using var http = new HttpClient();
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address, path));
            request.Headers.Host = host;
            request.Headers.Add("Origin", $"http://{host}"); // of the same site, to the browser
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public void Mistakes_are_named()
    {
        var files = new AccessFiles(folder);
        var other = new AccessFiles(Path.Combine(folder, "other"));
        var missing = Path.Combine(folder, "missing");
        File.WriteAllText(Path.Combine(folder, "bad.json"), """{"users":[]}""");
        Assert.Equal("--users: INGESTION_TOKEN, or INGESTION_USER and INGESTION_PASSWORD, is missing: with what does this process call other overlords and workers?", Mistake(_ => null, "--users", files.Users));
        Assert.StartsWith($"--users [{missing}] cannot be read", Mistake(_ => null, "--users", missing), StringComparison.Ordinal);
        Assert.Equal($"--users [{folder}/bad.json]: $.users: there is none", Mistake(_ => null, "--users", Path.Combine(folder, "bad.json")));
        Assert.Equal("--certificate-key goes with --certificate", Mistake(_ => null, "--certificate-key", files.Key));
        Assert.StartsWith($"the certificate [{files.Certificate}] cannot be used", Mistake(_ => null, "--certificate", files.Certificate, "--certificate-key", other.Key), StringComparison.Ordinal);
        Assert.Equal($"--trust [{files.Key}] has no certificate in PEM", Mistake(_ => null, "--trust", files.Key));
        Assert.Equal("--known-as [druid.example:80] is not a name such as druid.example, without a port", Mistake(_ => null, "--known-as", "druid.example:80"));
        Assert.Equal("--users needs a value", Mistake(_ => null, "--users"));
        Assert.Equal("either INGESTION_TOKEN or both INGESTION_USER and INGESTION_PASSWORD are expected", Mistake(name => name == "INGESTION_USER" ? "u" : null));
        Assert.Equal("INGESTION_USERS: $.users: there is none", Mistake(name => name == "INGESTION_USERS" ? """{"users":[]}""" : null));
    }

    [Fact]
    public async Task Only_TLS_with_the_certificate_that_was_named_is_spoken()
    {
        var files = new AccessFiles(folder);
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), access: files);
        Assert.Equal(200, (await overlord.SendAsync("GET", "/status")).Status);
        using var others = new AccessFiles(Path.Combine(folder, "other")).NewClient();
        var distrust = await Assert.ThrowsAsync<HttpRequestException>(() => others.GetAsync(new Uri(overlord.Address, "/status/health"), TestContext.Current.CancellationToken));
        Assert.IsType<AuthenticationException>(distrust.InnerException);
        using var plain = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(new UriBuilder(overlord.Address) { Scheme = "http" }.Uri, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Certificate_may_be_PKCS_12_with_a_password()
    {
        var files = new AccessFiles(folder);
        using var pem = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        var p12 = Path.Combine(folder, "certificate.p12");
        await File.WriteAllBytesAsync(p12, pem.Export(System.Security.Cryptography.X509Certificates.X509ContentType.Pkcs12, "locked"), TestContext.Current.CancellationToken);
        var (access, rest) = AccessOptions.Take(["--certificate", p12, "--capacity", "3"], name => name == "INGESTION_CERTIFICATE_PASSWORD" ? "locked" : null);
        Assert.Equal((pem.Thumbprint, "https"), (access.Certificate!.Certificate.Thumbprint, access.Scheme));
        Assert.Equal(["--capacity", "3"], rest);
        Assert.StartsWith($"the certificate [{p12}] cannot be used", Mistake(_ => null, "--certificate", p12), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_handshake_of_one_does_not_hold_up_others()
    {
        var files = new AccessFiles(folder);
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), access: files);
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, overlord.Address.Port, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await overlord.SendAsync("GET", "/status")).Status);
        using var tls = new SslStream(silent.GetStream());
        await Assert.ThrowsAsync<AuthenticationException>(() => tls.AuthenticateAsClientAsync("127.0.0.1")); // the machine does not know the authority
    }

    private static OverlordOptions Options(params string[] arguments) => OverlordOptions.Parse(["--metadata", "Host=127.0.0.1", .. arguments], _ => null);

    private OverlordOptions Secured()
    {
        var files = new AccessFiles(folder);
        return OverlordOptions.Parse(["--metadata", "Host=127.0.0.1", .. files.Options], files.Variables.GetValueOrDefault);
    }

    private static string Mistake(Func<string, string?> variable, params string[] arguments) => Assert.Throws<FormatException>(() => AccessOptions.Take(arguments, variable)).Message;
}
