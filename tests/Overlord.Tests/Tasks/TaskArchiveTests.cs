using Ingestion.Overlord.Tasks;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class TaskArchiveTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("task-archive-tests").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Files_are_found_by_the_tasks_id_and_by_nothing_else()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "task.log"), "lines", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "task.report.json"), "{}", TestContext.Current.CancellationToken);
        var archive = new TaskArchive(Path.Combine(folder, "."));
        Assert.Equal(("lines", "{}"), (await TextAsync(archive.Log("task")), await TextAsync(archive.Report("task"))));
        Assert.Equal((null, $"it is not in [{folder}/.]"), archive.Log("other"));
        Assert.Equal((null, "no file can have its id as a name"), archive.Log("../task"));
        Assert.Equal((null, "this overlord was started without --task-logs"), new TaskArchive(null).Log("task"));
    }

    private static async Task<string> TextAsync((FileStream? Content, string? Missing) answer)
    {
        Assert.Null(answer.Missing);
        using var reader = new StreamReader(answer.Content!);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
