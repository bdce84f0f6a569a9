using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ingestion.Embedded;
using Ingestion.Overlord.Commands;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ingestion.Overlord.Tests.Commands;

public sealed class OverlordCallsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("calls-").FullName;

    [Fact]
    public async Task Certificate_of_an_authority_of_ones_own_is_trusted_where_it_is_named_and_only_there()
    {
        using var certificate = SelfSigned();
        var authority = Path.Combine(folder, "ca.pem");
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
        await using var server = await ServerAsync(certificate, context => context.Response.WriteAsync("[]"));
        Assert.Equal(ExitCode.Done, (await CommandRun.OfAsync("list", "--overlord", server.Urls.First(), "--ca-file", authority)).ExitCode);
        Assert.Equal(ExitCode.Unavailable, (await CommandRun.OfAsync("list", "--overlord", server.Urls.First())).ExitCode);
    }

    [Theory]
    [InlineData("two words", "--token-env", "SECRET")]
    [InlineData("two\nlines", "--token-env", "SECRET")]
    [InlineData("s\u00e9cret", "--token-env", "SECRET")]
    [InlineData("secret", "--user", "a:b", "--password-env", "SECRET")]
    public async Task Credentials_that_cannot_be_sent_are_refused_and_not_shown(string secret, params string[] options)
    {
        var run = await CommandRun.OfAsync(["list", .. options], new Dictionary<string, string> { ["SECRET"] = secret });
        Assert.Equal(ExitCode.WrongUsage, run.ExitCode);
        Assert.Contains("the context's credentials cannot be sent: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, run.Error + run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_do_not_leave_TLS_by_a_redirect()
    {
        using var certificate = SelfSigned();
        var authority = Path.Combine(folder, "ca.pem");
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem());
        await using var server = await ServerAsync(certificate, context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "http://127.0.0.1:1/druid/indexer/v1/supervisor";
            return Task.CompletedTask;
        });
        var run = await CommandRun.OfAsync(["list", "--overlord", server.Urls.First(), "--ca-file", authority, "--token-env", "TOKEN"], new Dictionary<string, string> { ["TOKEN"] = "t" });
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("credentials are not sent there", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_that_may_have_arrived_is_not_asked_for_again_and_a_question_is()
    {
        var (first, second) = (new List<string>(), new List<string>());
        await using var hangsUp = await FakeServer.StartAsync(async context =>
        {
            first.Add(context.Request.Method);
            await context.Request.Body.CopyToAsync(System.IO.Stream.Null);
            context.Abort();
        });
        await using var answers = await FakeServer.StartAsync(context =>
        {
            second.Add(context.Request.Method);
            return context.Response.WriteAsync("[]");
        });
        string[] overlords = ["--overlord", $"{hangsUp.Urls.First()},{answers.Urls.First()}"];
        var run = await CommandRun.OfAsync(["suspend", "wiki", .. overlords]);
        Assert.Equal(ExitCode.Unavailable, run.ExitCode);
        Assert.StartsWith($"overlord suspend: it is not known whether it is done, and nobody else is asked to do it: {hangsUp.Urls.First()}: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(["POST"], first);
        Assert.Equal([], second);
        Assert.Equal(ExitCode.Done, (await CommandRun.OfAsync(["list", .. overlords])).ExitCode);
        Assert.Contains("GET", first);
        Assert.Equal(["GET"], second);
    }

    [Fact]
    public async Task Change_goes_to_the_next_overlord_where_nobody_listens()
    {
        var asked = new List<string>();
        await using var answers = await FakeServer.StartAsync(context =>
        {
            asked.Add($"{context.Request.Method} {context.Request.Path}");
            return context.Response.WriteAsync("{}");
        });
        Assert.Equal(ExitCode.Done, (await CommandRun.OfAsync("suspend", "wiki", "--overlord", $"http://127.0.0.1:{Ports.Free()},{answers.Urls.First()}")).ExitCode);
        Assert.Equal(["POST /druid/indexer/v1/supervisor/wiki/suspend"], asked);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private static async Task<WebApplication> ServerAsync(X509Certificate2 certificate, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
