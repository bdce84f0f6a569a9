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
        using var open = new HttpClient();
        using var body = new StreamContent(new NeverEnding());
        body.Headers.ContentType = new("application/json");
        var request = open.PostAsync(new Uri(overlords[leader].Address, "/druid/indexer/v1/supervisor"), body);

        overlords.Process(leader).Signal(SigTerm);
        var took = await overlords.UntilAsync("the standby leads", () => overlords.LeadsAsync(standby));

        TestContext.Current.TestOutputHelper?.WriteLine($"leading {took.TotalMilliseconds:0} ms after SIGTERM");
        Assert.True(took < TimeSpan.FromSeconds(3), $"the standby led only {took.TotalSeconds:0.0} s after SIGTERM");
        await overlords.Process(leader).WaitAsync(TimeSpan.FromSeconds(20));
        await request.ContinueWith(t => t.Exception, TaskScheduler.Default);
        await overlords.StartAsync(leader);

        var (status, answer) = await overlords[leader].SendAsync(HttpMethod.Post, "/druid-internal/v1/leadership/resign"); // of a standby, which redirects
        Assert.Equal((200, $$"""{"epoch":3,"leader":"http://{{overlords[leader].Address.Authority}}"}"""), (status, answer));
        await overlords.UntilAsync("the first leads again", () => overlords.LeadsAsync(leader));
    }

    /// <summary>A body of which there is always more to come.</summary>
    private sealed class NeverEnding : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
