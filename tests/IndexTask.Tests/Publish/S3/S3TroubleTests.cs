using Ingestion.IndexTask.Publish.S3;
using Ingestion.Support;
using Microsoft.AspNetCore.Http;

namespace Ingestion.IndexTask.Tests.Publish.S3;

public sealed class S3TroubleTests
{
    [Fact]
    public async Task Server_that_dies_among_the_parts_and_comes_back_gets_the_whole_segment()
    {
        await using var world = await S3World.StartAsync();
        var hasDied = new TaskCompletionSource();
        var died = 0;
        world.Gate.Instead = async (call, _) =>
        {
            if (call != "PUT partNumber=3" || Interlocked.Exchange(ref died, 1) != 0) return false;
            await world.Server.KillAsync();
            hasDied.SetResult();
            return false;
        };
        var pushing = world.PushAsync(world.Open(), S3World.Large);
        await hasDied.Task;
        await UntilTroubleAsync(world, "cannot be reached");
        await world.Server.RestartAsync();
        var pushed = await pushing;
        var local = await world.PushAsync(world.OpenLocal(), S3World.Large);
        Segment.SegmentDirectory.AssertSame(Segment.SegmentDirectory.Files(local.LoadSpec!.Value.GetProperty("path").GetString()!), await world.FilesAsync(pushed));
        Assert.Null(world.Troubles.Last());
    }

    [Fact]
    public async Task Parts_that_are_there_are_not_sent_again()
    {
        await using var world = await S3World.StartAsync();
        var refused = 0;
        world.Gate.Instead = (call, context) => call == "PUT partNumber=2" && Interlocked.Increment(ref refused) <= 4 ? S3Gate.RefuseAsync(context, 500, "InternalError") : Task.FromResult(false);
        await world.PushAsync(world.Open(), S3World.Large);
        Assert.Equal((1, 5), (world.Gate.Asked.Count(c => c == "PUT partNumber=1"), world.Gate.Asked.Count(c => c == "PUT partNumber=2")));
        Assert.Equal(1, world.Gate.Asked.Count(c => c == "POST uploads"));
    }

    [Fact]
    public async Task Bucket_that_is_not_there_is_named_and_used_once_it_is()
    {
        await using var world = await S3World.StartAsync();
        var pushing = world.PushAsync(world.Open("nowhere"));
        await UntilTroubleAsync(world, $"segment [{S3World.Id.Id}] cannot be written to deep storage: there is no bucket [nowhere] at S3 at {world.Gate.Address.GetLeftPart(UriPartial.Authority)}");
        await world.Client.PutBucketAsync("nowhere");
        await pushing;
        Assert.Null(world.Troubles.Last());
    }

    [Theory]
    [InlineData(503, "SlowDown", "asks to slow down (503 SlowDown)")]
    [InlineData(503, "ServiceUnavailable", "asks to slow down (503 ServiceUnavailable)")]
    [InlineData(500, "InternalError", "answered 500 InternalError: says the gate")]
    [InlineData(403, "AccessDenied", "access to bucket [druid] at")]
    [InlineData(403, "InvalidAccessKeyId", "does not know the access key")]
    [InlineData(403, "SignatureDoesNotMatch", "the secret key does not go with the access key, or the region [] is wrong")]
    [InlineData(400, "ExpiredToken", "refuses the session token")]
    [InlineData(400, "AccessControlListNotSupported", "set druid.storage.disableAcl to true")]
    [InlineData(400, "AuthorizationHeaderMalformed", "is in another region than []: set druid.s3.endpoint.signingRegion")]
    [InlineData(403, "RequestTimeTooSkewed", "this machine's clock differs too much")]
    public async Task Refusal_is_told_in_words_and_the_push_goes_through_once_it_is_over(int status, string code, string words)
    {
        await using var world = await S3World.StartAsync();
        var isOver = false;
        world.Gate.Instead = (_, context) => isOver ? Task.FromResult(false) : S3Gate.RefuseAsync(context, status, code);
        var pushing = world.PushAsync(world.Open());
        await UntilTroubleAsync(world, words);
        isOver = true;
        await pushing;
        Assert.Single(await world.KeysAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(world.WorkFolder));
    }

    [Fact]
    public async Task Unknown_access_key_is_told_and_the_secret_never_shown()
    {
        await using var world = await S3World.StartAsync();
        var file = Path.Combine(world.WorkFolder, "credentials");
        await File.WriteAllTextAsync(file, "accessKey=nobody\nsecretKey=hush-hush\n");
        var pushing = world.PushAsync(world.Open(settings: world.Settings with { CredentialFile = file }));
        await UntilTroubleAsync(world, "does not know the access key");
        await File.WriteAllTextAsync(file, $"accessKey={S3Server.AccessKey}\nsecretKey={S3Server.SecretKey}\n");
        await pushing;
        Assert.DoesNotContain(world.Troubles, t => t?.Contains("hush", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Credentials_file_that_is_missing_is_told()
    {
        await using var world = await S3World.StartAsync();
        using var stop = new CancellationTokenSource();
        var pushing = world.PushAsync(world.Open(settings: world.Settings with { CredentialFile = "/no/such/file" }), cancellation: stop.Token);
        await UntilTroubleAsync(world, "the credentials file [/no/such/file] cannot be read");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pushing);
    }

    [Fact]
    public async Task Connections_that_break_and_calls_without_an_answer_are_tried_again()
    {
        await using var world = await S3World.StartAsync();
        var (breaks, hangs) = (true, true);
        world.Gate.Instead = async (_, context) =>
        {
            if (!breaks && !hangs) return false;
            if (!breaks) await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.Abort();
            return true;
        };
        var pushing = world.PushAsync(world.Open(settings: world.Settings with { CallTimeout = TimeSpan.FromMilliseconds(300) }));
        await UntilTroubleAsync(world, "cannot be reached");
        breaks = false;
        await UntilTroubleAsync(world, "has not answered within 0.3 s");
        hangs = false;
        await pushing;
        Assert.Single(await world.KeysAsync());
    }

    [Theory]
    [InlineData(S3World.Small, "PUT")]
    [InlineData(S3World.Large, "PUT partNumber=2")]
    public async Task Bytes_that_change_on_their_way_are_noticed_and_sent_again(string fixture, string call)
    {
        await using var world = await S3World.StartAsync();
        var changed = 0;
        world.Gate.Change = (name, body) =>
        {
            if (name == call && Interlocked.Increment(ref changed) == 1) body[^1] ^= 1;
            return body;
        };
        var pushed = await world.PushAsync(world.Open(), fixture);
        Assert.Contains(world.Troubles, t => t?.Contains("S3 has stored other bytes of", StringComparison.Ordinal) == true);
        var local = await world.PushAsync(world.OpenLocal(), fixture);
        Segment.SegmentDirectory.AssertSame(Segment.SegmentDirectory.Files(local.LoadSpec!.Value.GetProperty("path").GetString()!), await world.FilesAsync(pushed));
    }

    [Theory]
    [InlineData(S3World.Small, "PUT", "PUT|DELETE")]
    [InlineData(S3World.Large, "POST uploadId", "POST uploadId|DELETE uploadId|DELETE")]
    public async Task Push_that_is_given_up_leaves_nothing_behind(string fixture, string heldCall, string last)
    {
        await using var world = await S3World.StartAsync();
        using var stop = new CancellationTokenSource();
        world.Gate.Instead = async (call, context) =>
        {
            if (call != heldCall) return call == "DELETE uploadId" && await AbortedAsync(context);
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.PushAsync(world.Open(), fixture, stop.Token));
        var expected = last.Split('|');
        Assert.Equal(expected, world.Gate.Asked.TakeLast(expected.Length));
        Assert.Empty(await world.KeysAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(world.WorkFolder));
    }

    [Fact]
    public async Task Owner_gets_full_control_unless_acls_are_disabled_and_encryption_is_asked_for()
    {
        await using var world = await S3World.StartAsync();
        var told = new List<string>();
        world.Gate.Instead = (_, context) =>
        {
            told.Add($"{context.Request.Headers["x-amz-acl"]}|{context.Request.Headers["x-amz-server-side-encryption"]}|{context.Request.Headers["x-amz-server-side-encryption-aws-kms-key-id"]}|{context.Request.Headers.ContainsKey("Content-MD5")}");
            return Task.FromResult(false);
        };
        await world.PushAsync(world.Open());
        await world.PushAsync(world.Open(settings: world.Settings with { DisableAcl = true, Encryption = S3Encryption.S3 }));
        await world.PushAsync(world.Open(settings: world.Settings with { DisableAcl = true, Encryption = S3Encryption.Kms, KmsKeyId = "key-1" }));
        Assert.Equal(["bucket-owner-full-control|||True", "|AES256||True", "|aws:kms|key-1|True"], told);
    }

    // s3rver knows no AbortMultipartUpload; S3 answers it so.
    private static Task<bool> AbortedAsync(HttpContext context)
    {
        context.Response.StatusCode = 204;
        return Task.FromResult(true);
    }

    private static async Task UntilTroubleAsync(S3World world, string words) => Assert.True(
        await Waiting.UntilAsync(() => Task.FromResult(world.Troubles.Any(t => t?.Contains(words, StringComparison.Ordinal) == true)), TimeSpan.FromSeconds(20)), $"{world.Gate.Asked.Count} calls; " + string.Join('\n', world.Troubles));
}
