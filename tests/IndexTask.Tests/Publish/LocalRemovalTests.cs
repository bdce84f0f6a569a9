using System.Text.Json;
using Ingestion.IndexTask.Publish;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Publish;

public sealed class LocalRemovalTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("local-removal-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Segment_goes_with_the_folders_that_held_nothing_else_and_that_it_is_gone_is_no_failure()
    {
        using var storage = new LocalDeepStorage(folder.FullName, NullLogger.Instance);
        var (one, other, zipped) = (Segment("wiki/day/v1/0/u1/index/version.bin"), Segment("wiki/day/v1/1/u2/index/version.bin"), Segment("zipped/day/v1/0/index.zip"));
        await storage.RemoveAsync(Spec(Path.GetDirectoryName(one)! + "/"), CancellationToken.None);
        Assert.Equal((false, true), (Directory.Exists(Path.Combine(folder.FullName, "wiki/day/v1/0")), File.Exists(other)));
        await storage.RemoveAsync(Spec(Path.GetDirectoryName(one)! + "/"), CancellationToken.None);
        await storage.RemoveAsync(Spec(Path.GetDirectoryName(other)! + "/"), CancellationToken.None);
        await storage.RemoveAsync(Spec(zipped), CancellationToken.None);
        Assert.Empty(folder.EnumerateFileSystemInfos());
    }

    [Theory]
    [InlineData("""{"type":"local","path":"/etc/wiki/index/"}""")]
    [InlineData("""{"type":"local","path":"ROOT/../wiki/0/index/"}""")]
    [InlineData("""{"type":"local","path":"ROOT/index/"}""")]
    [InlineData("""{"type":"local","path":""}""")]
    [InlineData("""{"type":"hdfs","path":null}""")]
    [InlineData("""{"type":"s3_zip","bucket":"b","key":"k"}""")]
    public void What_does_not_lie_below_the_root_is_objected_to(string loadSpec)
    {
        using var storage = new LocalDeepStorage(folder.FullName, NullLogger.Instance);
        using var spec = JsonDocument.Parse(loadSpec.Replace("ROOT", folder.FullName, StringComparison.Ordinal));
        Assert.Equal($"it does not lie in [{folder.FullName}]", storage.Objection(spec.RootElement));
    }

    private string Segment(string file)
    {
        var path = Path.Combine(folder.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }

    private static JsonElement Spec(string path) => JsonSerializer.SerializeToElement(new { type = "local", path });
}
