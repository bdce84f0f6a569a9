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

    [Fact]
    public void Logs_of_a_killed_workers_tasks_are_taken_over_and_unpushed_ones_are_left_to_the_next()
    {
        var killed = Directory.CreateDirectory(Path.Combine(parent, "killed", WorkFolder.LogsName)).FullName;
        File.WriteAllText(Path.Combine(parent, "killed", "lock"), "");
        File.WriteAllText(Path.Combine(killed, "task.log"), "what it had written");
        using (var next = new WorkFolder(parent, NullLogger.Instance))
        {
            Assert.Equal("what it had written", File.ReadAllText(Path.Combine(next.FullPath, WorkFolder.LogsName, "task.log")));
            Assert.False(Directory.Exists(killed));
            Directory.CreateDirectory(Path.Combine(next.FullPath, "task"));
        }
        Assert.Equal(["lock", WorkFolder.LogsName], Directory.EnumerateFileSystemEntries(Assert.Single(Directory.GetDirectories(parent))).Select(e => Path.GetFileName(e)).OrderDescending(StringComparer.Ordinal));
        using var last = new WorkFolder(parent, NullLogger.Instance);
        Assert.Equal("what it had written", File.ReadAllText(Path.Combine(last.FullPath, WorkFolder.LogsName, "task.log")));
    }
}
