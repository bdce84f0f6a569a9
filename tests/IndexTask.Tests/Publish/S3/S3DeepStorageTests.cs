using System.IO.Compression;
using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Publish.S3;
using Ingestion.IndexTask.Tests.Segment;
using Ingestion.Support;

namespace Ingestion.IndexTask.Tests.Publish.S3;

public sealed class S3DeepStorageTests
{
    private const string Unique = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

    [Theory]
    [InlineData(S3World.Small)]
    [InlineData(S3World.Large)]
    public async Task Segment_fetched_from_s3_has_the_bytes_of_local_deep_storage(string fixture)
    {
        await using var world = await S3World.StartAsync();
        var local = await world.PushAsync(world.OpenLocal(), fixture);
        var pushed = await world.PushAsync(world.Open(), fixture);
        SegmentDirectory.AssertSame(SegmentDirectory.Files(local.LoadSpec!.Value.GetProperty("path").GetString()!), await world.FilesAsync(pushed));
        Assert.Equal(local with { LoadSpec = null }, pushed with { LoadSpec = null });
        Assert.Equal((await world.FilesAsync(pushed)).Values.Sum(f => (long)f.Length), pushed.Size);
        Assert.Empty(Directory.EnumerateFileSystemEntries(world.WorkFolder));
        Assert.All(world.Troubles, Assert.Null);
    }

    [Fact]
    public async Task Load_spec_and_key_are_druids_and_each_push_has_its_own()
    {
        await using var world = await S3World.StartAsync();
        var storage = world.Open();
        var (one, other) = (await world.PushAsync(storage), await world.PushAsync(storage));
        var key = one.LoadSpec!.Value.GetProperty("key").GetString()!;
        Assert.Matches($"^base/segments/wiki edits/2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z/2026-01-01T00:00:00.000Z/3/{Unique}/index\\.zip$", key);
        Assert.Equal($$"""{"type":"s3_zip","bucket":"{{S3Server.Bucket}}","key":"{{key}}","S3Schema":"s3n"}""", JsonSerializer.Serialize(one.LoadSpec));
        Assert.Equal((true, false), (one.IsStoredAs(one), one.IsStoredAs(other)));
        Assert.Equal(2, (await world.KeysAsync()).Count);
    }

    [Fact]
    public async Task Segment_of_this_place_is_removed_as_often_as_it_is_asked_and_one_of_another_is_objected_to()
    {
        await using var world = await S3World.StartAsync();
        var storage = world.Open();
        var (gone, kept) = ((await world.PushAsync(storage)).LoadSpec!.Value, (await world.PushAsync(storage)).LoadSpec!.Value);
        Assert.Equal((null, "it does not lie in [s3://elsewhere/base/segments]"), (storage.Objection(gone), world.Open(bucket: "elsewhere").Objection(gone)));
        await storage.RemoveAsync(gone, CancellationToken.None);
        await storage.RemoveAsync(gone, CancellationToken.None);
        Assert.Equal([kept.GetProperty("key").GetString()!], await world.KeysAsync());
    }

    [Fact]
    public async Task Without_a_base_key_keys_begin_with_the_data_source()
    {
        await using var world = await S3World.StartAsync();
        await world.PushAsync(world.Open(baseKey: ""));
        Assert.StartsWith("wiki edits/2015-09-12T00:00:00.000Z_", Assert.Single(await world.KeysAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zip_has_the_files_at_its_top_in_druids_order()
    {
        await using var world = await S3World.StartAsync();
        var pushed = S3LoadSpec.Of((await world.PushAsync(world.Open())).LoadSpec)!;
        using var answer = await world.Client.GetObjectAsync(pushed.Bucket, pushed.Key);
        using var copy = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(copy);
        using var zip = new ZipArchive(copy, ZipArchiveMode.Read);
        Assert.Equal(["00000.smoosh", "factory.json", "meta.smoosh", "version.bin"], zip.Entries.Select(e => e.FullName));
    }

    [Fact]
    public async Task Large_segment_goes_in_parts_and_a_small_one_in_one_call()
    {
        await using var world = await S3World.StartAsync();
        var storage = world.Open();
        await world.PushAsync(storage);
        Assert.Equal(["PUT"], world.Gate.Asked);
        world.Gate.Asked.Clear();
        var pushed = S3LoadSpec.Of((await world.PushAsync(storage, S3World.Large)).LoadSpec)!;
        var bytes = (await world.Client.GetObjectMetadataAsync(pushed.Bucket, pushed.Key)).ContentLength;
        var parts = FileSlice.Cut(bytes, world.Settings.PartBytes).Select(s => $"PUT partNumber={s.Number}");
        Assert.Equal(["HEAD", "POST uploadId", "POST uploads", .. parts.Order(StringComparer.Ordinal)], world.Gate.Asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Segment_is_deleted_and_one_of_elsewhere_is_not()
    {
        await using var world = await S3World.StartAsync();
        var (storage, other) = (world.Open(), world.Open(baseKey: "other"));
        var (ours, theirs) = (await world.PushAsync(storage), await world.PushAsync(other));
        await storage.DeleteAsync(theirs, CancellationToken.None);
        await storage.DeleteAsync(ours with { LoadSpec = JsonSerializer.SerializeToElement(new { type = "local", path = "/tmp/index/" }) }, CancellationToken.None);
        Assert.Equal(2, (await world.KeysAsync()).Count);
        await storage.DeleteAsync(ours, CancellationToken.None);
        Assert.Equal([Key(theirs)], await world.KeysAsync());
    }

    [Fact]
    public void File_is_cut_into_no_more_parts_than_s3_takes()
    {
        Assert.Equal([new(1, 0, 5), new(2, 5, 5), new(3, 10, 1)], FileSlice.Cut(11, 5));
        var parts = FileSlice.Cut(200_000_000_001, 16 << 20);
        Assert.Equal((10_000, 200_000_000_001), (parts.Count, parts.Sum(p => p.Length)));
    }

    private static string Key(DataSegment segment) => segment.LoadSpec!.Value.GetProperty("key").GetString()!;
}
