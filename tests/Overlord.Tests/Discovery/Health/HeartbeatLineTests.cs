using System.Net;
using Ingestion.Access;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ingestion.Overlord.Tests.Discovery.Health;

public sealed class HeartbeatLineTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10), Short = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 5\r\n\r\nnever")]
    public void Any_answer_in_http_shows_that_the_worker_lives(string answer)
    {
        using var worker = new ListeningWorker { Answer = answer };
        using var line = new HeartbeatLine(worker.Address, tls: null);
        for (var i = 0; i < 3; i++) line.Beat(Long);
        Assert.Equal(3, worker.Asked);
    }

    [Fact]
    public void Failures_are_told_apart()
    {
        using var worker = new ListeningWorker { IsSilent = true };
        using var line = new HeartbeatLine(worker.Address, tls: null);
        Assert.Equal(HeartbeatFailure.Timeout, Failure(line, Short));
        (worker.IsSilent, worker.Answer) = (false, "220 mail.example.org ESMTP\r\n\r\n");
        Assert.Equal(HeartbeatFailure.NotHttp, Failure(line, Long));
        worker.Die();
        Assert.Equal(HeartbeatFailure.ConnectionRefused, Failure(line, Long));
        using var nowhere = new HeartbeatLine(new Uri("http://no-such-host.invalid:1/"), tls: null);
        Assert.Equal(HeartbeatFailure.UnknownHost, Failure(nowhere, Long));
    }

    [Fact]
    public void Kept_connection_that_was_closed_is_opened_anew_at_once_so_a_killed_worker_refuses()
    {
        using var worker = new ListeningWorker();
        using var line = new HeartbeatLine(worker.Address, tls: null);
        line.Beat(Long);
        worker.Die();
        Assert.Equal(HeartbeatFailure.ConnectionRefused, Failure(line, Long));
        worker.ComeBack();
        line.Beat(Long);
        worker.Die();
        worker.ComeBack();
        line.Beat(Long);
    }

    [Fact]
    public async Task Certificates_are_checked_as_in_other_calls_to_workers()
    {
        var folder = Directory.CreateTempSubdirectory("heartbeats-");
        var files = new AccessFiles(folder.FullName);
        var access = AccessOptions.Take(files.Options, name => files.Variables.GetValueOrDefault(name)).Access;
        folder.Delete(recursive: true);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => access.Certificate!.Use(l)));
        await using var worker = builder.Build();
        var methods = new List<string>();
        worker.Run(context =>
        {
            lock (methods) methods.Add($"{context.Request.Method} {context.Request.Path} {context.Request.IsHttps}");
            return Task.CompletedTask;
        });
        await worker.StartAsync();
        var address = new Uri(worker.Urls.First());

        using (var trusting = new HeartbeatLine(address, access.Trusted!.ClientOptions()))
        {
            await OnOwnThread(() => trusting.Beat(Long));
            await OnOwnThread(() => trusting.Beat(Long));
        }
        using (var strange = new HeartbeatLine(address, tls: null))
            Assert.Equal(HeartbeatFailure.TlsFailed, (await Assert.ThrowsAsync<HeartbeatException>(() => OnOwnThread(() => strange.Beat(Long)))).Failure);
        Assert.Equal(["HEAD /status/health True", "HEAD /status/health True"], methods);
    }

    private static Task OnOwnThread(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static HeartbeatFailure Failure(HeartbeatLine line, TimeSpan timeout) => Assert.Throws<HeartbeatException>(() => line.Beat(timeout)).Failure;
}
