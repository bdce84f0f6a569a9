using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class WarmUpTests
{
    [Fact]
    public void It_goes_all_the_way_and_leaves_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("warm-up-").FullName;
        try
        {
            var done = WarmUp.Run(folder, new WorkerOptions { Overlords = [new Uri("http://127.0.0.1:1")], DeepStorage = folder, WorkDirectory = folder });
            Assert.Equal((TaskPhase.Reading, 400), done);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
