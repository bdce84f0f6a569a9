using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;
using Npgsql;

namespace Ingestion.EndToEnd;

/// <summary>What brings faults about, and what finds their consequences: a chaos run that sees nothing would always succeed.</summary>
public sealed class FaultTests(Servers servers)
{
    [Fact]
    public void Plan_of_a_seed_is_the_same_each_time_and_has_every_kind_of_fault_before_one_comes_again()
    {
        var plan = FaultPlan.Of(seed: 7, count: 40, overlords: 2, workers: 3);
        Assert.Equal(plan, FaultPlan.Of(seed: 7, count: 40, overlords: 2, workers: 3));
        Assert.NotEqual(plan, FaultPlan.Of(seed: 8, count: 40, overlords: 2, workers: 3));
        Assert.Equal(plan.OrderBy(f => f.At), plan);
        Assert.Equal(20, plan.Take(20).Select(f => (f.Target, f.Kind)).Distinct().Count());
        Assert.All(plan.CountBy(f => (f.Target, f.Kind)), kind => Assert.Equal(2, kind.Value));
    }

    [Fact]
    public void Events_that_are_missing_twice_there_or_nobodys_are_told_by_partition_and_offset()
    {
        // Numbers 0 to 5 by turns on two partitions: 2 is not published, 3 and 5 are twice, and there is one more that nobody sent.
        var tally = PublishedEvents.Tally([[0, 2, 4], [1, 3, 5]], [1, 1, 0, 2, 1, 2], rows: 8, strangers: 1);
        Assert.Equal((6L, 8L, 1L, 2L, 1L), (tally.InTopic, tally.Rows, tally.Lost, tally.Duplicates, tally.Strangers));
        Assert.Equal(["partition 0, offsets 1 to 1: published 0 times", "partition 1, offsets 1 to 2: published 2 times"], tally.Where);
    }

    [Fact]
    public async Task Proxy_holds_back_what_is_sent_while_it_is_silent_and_resets_and_refuses_while_it_refuses()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var listen = new IPEndPoint(IPAddress.Loopback, Ports.Lasting());
        await using var proxy = TcpProxy.Start(listen, () => (IPEndPoint)server.LocalEndpoint);
        using var caller = new TcpClient();
        await caller.ConnectAsync(listen, TestContext.Current.CancellationToken);
        using var called = await server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await caller.Client.SendAsync("a"u8.ToArray().AsMemory());
        Assert.Equal("a", await ReceivedAsync(called));

        proxy.FallSilent();
        await caller.Client.SendAsync("b"u8.ToArray().AsMemory());
        var held = ReceivedAsync(called);
        Assert.False(held.IsCompleted);
        proxy.Mend();
        Assert.Equal("b", await held);

        proxy.Refuse();
        await Assert.ThrowsAsync<SocketException>(() => ReceivedAsync(caller));
        using var late = new TcpClient();
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(listen))).SocketErrorCode);
        proxy.Mend();
        using var again = new TcpClient();
        await again.ConnectAsync(listen, TestContext.Current.CancellationToken);
        Assert.True(again.Connected);
    }

    [Fact]
    public async Task Proxy_that_is_slow_passes_on_all_and_takes_its_time()
    {
        const int Bytes = 200_000;
        var delay = TimeSpan.FromMilliseconds(200);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var listen = new IPEndPoint(IPAddress.Loopback, Ports.Lasting());
        await using var proxy = TcpProxy.Start(listen, () => (IPEndPoint)server.LocalEndpoint);
        proxy.SlowDown(delay, bytesPerSecond: 400_000);
        var clock = Stopwatch.StartNew();
        using var caller = new TcpClient();
        await caller.ConnectAsync(listen, TestContext.Current.CancellationToken);
        using var called = await server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var sending = caller.GetStream().WriteAsync(new byte[Bytes], TestContext.Current.CancellationToken);
        await called.GetStream().ReadExactlyAsync(new byte[Bytes], TestContext.Current.CancellationToken);
        await sending;
        // Half a second of bandwidth, and the delay for at least four pieces; timers may be early by a tick.
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1.2), TimeSpan.FromSeconds(30));

        proxy.Mend();
        await caller.Client.SendAsync("a"u8.ToArray().AsMemory());
        Assert.Equal("a", await ReceivedAsync(called));
    }

    [Fact]
    public async Task Database_that_is_suspended_answers_nobody_until_it_goes_on()
    {
        await using var postgres = await PrivatePostgres.StartAsync(servers.NewFolder("suspended"), durable: false);
        await using var connection = new NpgsqlConnection(postgres.ConnectionString());
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var question = new NpgsqlCommand("SELECT 1", connection);
        postgres.Suspend();
        var answer = question.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        try { Assert.NotSame(answer, await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(500)))); } // what is tested is time that passes
        finally { postgres.Resume(); }
        Assert.Equal(1, await answer);
    }

    private static async Task<string> ReceivedAsync(TcpClient client)
    {
        var buffer = new byte[16];
        return System.Text.Encoding.UTF8.GetString(buffer, 0, await client.Client.ReceiveAsync(buffer.AsMemory()));
    }
}
