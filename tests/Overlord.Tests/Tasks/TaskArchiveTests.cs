using Ingestion.IndexTask.Hosting;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Tasks;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

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
        using var archive = Archive(Path.Combine(folder, "."));
        Assert.Equal(("lines", "nes", "es", "{}"), (await LogAsync(archive, "task"), await LogAsync(archive, "task", 2), await LogAsync(archive, "task", -2), await TextAsync(await archive.ReportAsync("task", default))));
        Assert.Equal($"it is not in [{folder}/.]", await LogAsync(archive, "other"));
        Assert.Equal("no file can have its id as a name", await LogAsync(archive, "../task"));
        Assert.Equal("this overlord was started without --task-logs", await LogAsync(Archive(null), "task"));
    }

    [Fact]
    public async Task What_the_overlords_own_tasks_leave_is_beside_that_of_others()
    {
        using var archive = Archive(Path.Combine(folder, "new"));
        await archive.KeepAsync("kill", "lines", "{}", TestContext.Current.CancellationToken);
        await Archive(null).KeepAsync("kill", "lines", "{}", TestContext.Current.CancellationToken);
        Assert.Equal(["kill.log", "kill.report.json"], Directory.EnumerateFiles(Path.Combine(folder, "new")).Select(f => Path.GetFileName(f)).Order());
        await Assert.ThrowsAsync<IOException>(() => archive.KeepAsync("../kill", "lines", "{}", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Files_in_S3_are_read_and_written_as_workers_do()
    {
        Assert.SkipWhen(S3Server.Missing is not null, S3Server.Missing ?? "");
        await using var s3 = await S3Server.StartAsync(Path.Combine(folder, "s3"));
        var options = StorageOptions.Parse(["--task-logs", $"s3://{S3Server.Bucket}/of tasks", .. s3.Options]);
        using (var archive = new TaskArchive(options, NullLoggerFactory.Instance)) await archive.KeepAsync("task", "lines", "{}", TestContext.Current.CancellationToken);
        using var other = new TaskArchive(options, NullLoggerFactory.Instance);
        Assert.Equal(("lines", "es", "{}"), (await LogAsync(other, "task"), await LogAsync(other, "task", -2), await TextAsync(await other.ReportAsync("task", default))));
        Assert.Equal($"it is not in [s3://{S3Server.Bucket}/of tasks]", await LogAsync(other, "task2"));
        Assert.Equal("no file can have its id as a name", await LogAsync(other, "../of tasks/task"));
        await s3.KillAsync();
        Assert.StartsWith("it cannot be read: S3 at http://127.0.0.1:", await LogAsync(other, "task"), StringComparison.Ordinal);
    }

    private static TaskArchive Archive(string? place) => new(new StorageOptions { TaskLogs = place }, NullLoggerFactory.Instance);

    private static async Task<string> LogAsync(ITaskArchive archive, string id, long offset = 0) => await TextAsync(await archive.LogAsync(id, offset, TestContext.Current.CancellationToken));

    /// <returns>What is there, or why nothing is.</returns>
    private static async Task<string> TextAsync((System.IO.Stream? Content, string? Missing) answer)
    {
        Assert.True((answer.Content is null) != (answer.Missing is null));
        if (answer.Content is null) return answer.Missing!;
        using var reader = new StreamReader(answer.Content);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
