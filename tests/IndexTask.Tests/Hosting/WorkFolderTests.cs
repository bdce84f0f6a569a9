using Ingestion.IndexTask.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class WorkFolderTests : IDisposable
{
    private readonly string parent = Directory.CreateTempSubdirectory("work-folder-tests").FullName;

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public void Folder_of_a_killed_worker_goes_and_those_in_use_or_of_others_stay()
    {
        var killed = Directory.CreateDirectory(Path.Combine(parent, "killed")).FullName;
        File.WriteAllText(Path.Combine(killed, "lock"), "");
        File.WriteAllText(Path.Combine(killed, "0.spill"), "rows");
        var foreign = Directory.CreateDirectory(Path.Combine(parent, "foreign")).FullName;
        using var running = new WorkFolder(parent, NullLogger.Instance);
        using var started = new WorkFolder(parent, NullLogger.Instance);
        Assert.Equal(new[] { foreign, running.FullPath, started.FullPath }.Order(), Directory.EnumerateDirectories(parent).Order());
    }
}
