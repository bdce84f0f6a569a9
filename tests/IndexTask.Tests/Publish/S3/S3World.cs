using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;
using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Segment;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Publish.S3;

/// <summary>A real S3 server behind a gate, and a deep storage on it; parts are small, so that a segment of some megabytes has several.</summary>
internal sealed class S3World : IAsyncDisposable
{
    public const string Large = "big-lz4", Small = "small-lz4"; // 4 MB and 8 kB

    public static readonly SegmentIdWithShardSpec Id = new()
    {
        DataSource = "wiki edits", Interval = new Interval(DateTimeOffset.Parse("2015-09-12T00:00:00Z").ToUnixTimeMilliseconds(), DateTimeOffset.Parse("2015-09-13T00:00:00Z").ToUnixTimeMilliseconds()),
        Version = "2026-01-01T00:00:00.000Z", ShardSpec = new NumberedShardSpec { PartitionNum = 3 },
    };

    private readonly string folder;
    private readonly List<IDisposable> opened = [];

    private S3World(string folder, S3Server server, S3Gate gate)
    {
        (this.folder, Server, Gate) = (folder, server, gate);
        Directory.CreateDirectory(WorkFolder);
        Settings = new S3Settings { Endpoint = gate.Address, PathStyle = true, CredentialFile = server.CredentialFile, MultipartAbove = 1 << 20, PartBytes = 512 << 10 };
        Client = S3Client.Open(Settings with { Endpoint = server.Address });
        opened.Add(Client);
    }

    public S3Server Server { get; }
    public S3Gate Gate { get; }
    public S3Settings Settings { get; }

    /// <summary>Past the gate.</summary>
    public AmazonS3Client Client { get; }
    public string WorkFolder => Path.Combine(folder, "work");

    /// <summary>What the task's report would have said, null where all was well.</summary>
    public ConcurrentQueue<string?> Troubles { get; } = new();

    public static async Task<S3World> StartAsync()
    {
        Assert.SkipWhen(S3Server.Missing is not null, S3Server.Missing ?? "");
        var folder = Directory.CreateTempSubdirectory("s3-tests-").FullName;
        var server = await S3Server.StartAsync(Path.Combine(folder, "s3"));
        return new S3World(folder, server, await S3Gate.StartAsync(server.Address));
    }

    public IDeepStorage Open(string bucket = S3Server.Bucket, string baseKey = "base/segments", S3Settings? settings = null) => Opened(new S3DeepStorage(new S3Place(bucket, baseKey), settings ?? Settings, WorkFolder, NullLogger.Instance));

    public IDeepStorage OpenLocal() => Opened(new LocalDeepStorage(Path.Combine(folder, "local"), NullLogger.Instance));

    public async Task<DataSegment> PushAsync(IDeepStorage storage, string fixture = Small, CancellationToken cancellation = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var reader = SegmentReader.Open(SegmentDirectory.Fixture(fixture));
        return await storage.PushAsync(Id, () => Rewriting.Content(reader, IndexSpec.Default), new Retries("task", Id.Id, Troubles.Enqueue, NullLogger.Instance), limit.Token);
    }

    /// <summary>All keys, in order.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync() => [.. ((await Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = S3Server.Bucket })).S3Objects ?? []).Select(o => o.Key)];

    /// <summary>The files of a segment, brought from S3 as it is there.</summary>
    public async Task<SortedDictionary<string, byte[]>> FilesAsync(DataSegment segment)
    {
        using var target = new SegmentDirectory();
        await S3Download.FetchAsync(S3LoadSpec.Of(segment.LoadSpec)!, Settings with { Endpoint = Server.Address }, target.Path, CancellationToken.None);
        return SegmentDirectory.Files(target.Path);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in opened) one.Dispose();
        await Gate.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private IDeepStorage Opened(IDeepStorage storage)
    {
        opened.Add(storage);
        return storage;
    }
}
