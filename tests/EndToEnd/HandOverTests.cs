using System.Net.Sockets;
using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

/// <summary>Leadership moves on purpose: by a signal, and by a request.</summary>
public sealed class HandOverTests(Servers servers)
{
    private const int SigTerm = 15;

    [Fact]
    public async Task Leader_that_is_asked_to_end_hands_over_before_its_open_requests_have_ended()
    {
        await using var pipeline = await servers.PipelineAsync();
        await using var overlords = await Overlords.StartAsync(pipeline, 2);
        var leader = await overlords.LeaderAsync();
        var standby = 1 - leader;
        // A request that is under way, as a worker's or a browser's would be: its body never comes.
        using var open = new TcpClient();
        await open.ConnectAsync(overlords[leader].Address.Host, overlords[leader].Address.Port);
        await open.GetStream().WriteAsync("POST /druid/indexer/v1/supervisor HTTP/1.1\r\nHost: overlord\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"u8.ToArray());

        overlords.Process(leader).Signal(SigTerm);
        var took = await overlords.UntilAsync("the standby leads", () => overlords.LeadsAsync(standby));

        TestContext.Current.TestOutputHelper?.WriteLine($"leading {took.TotalMilliseconds:0} ms after SIGTERM");
        Assert.True(took < TimeSpan.FromSeconds(4.5), $"the standby led only {took.TotalSeconds:0.0} s after SIGTERM");
        await overlords.Process(leader).WaitAsync(TimeSpan.FromSeconds(20));
        await overlords.StartAsync(leader);

        var (status, answer) = await overlords[leader].SendAsync(HttpMethod.Post, "/druid-internal/v1/leadership/resign"); // of a standby, which redirects
        Assert.Equal((200, $$"""{"epoch":3,"leader":"http://{{overlords[leader].Address.Authority}}"}"""), (status, answer));
        await overlords.UntilAsync("the first leads again", () => overlords.LeadsAsync(leader));
    }

    [Fact]
    public async Task Overlord_that_must_not_run_like_this_ends_with_the_reason()
    {
        await using var pipeline = await servers.PipelineAsync();
        await using var overlords = await Overlords.StartAsync(pipeline, 1);
        await overlords.LeaderAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => ChildProcess.StartAsync(Programs.Overlord,
            ["--metadata", pipeline.ConnectionString, "--listen", "127.0.0.1:0", "--environment", "staging"], Path.Combine(pipeline.Folder, "refused.log"), "overlord leads"));
        Assert.StartsWith("overlord ended with code 2;", refused.Message, StringComparison.Ordinal);
        Assert.Contains("overlord: the metadata database belongs to environment [production], this overlord is of environment [staging]", refused.Message, StringComparison.Ordinal);
        Assert.True(await overlords.LeadsAsync(0));
    }
}
