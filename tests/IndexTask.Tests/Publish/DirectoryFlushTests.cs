using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Tests.Publish;

public sealed class DirectoryFlushTests
{
    [Fact]
    public void Directory_is_flushed_and_one_that_is_not_there_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux flushes directories here");
        var directory = Directory.CreateTempSubdirectory("flush-").FullName;
        DirectoryFlush.ToDisk(directory);
        Directory.Delete(directory);
        Assert.Equal($"[{directory}] cannot be flushed to the disk: No such file or directory", Assert.Throws<IOException>(() => DirectoryFlush.ToDisk(directory)).Message);
    }
}
