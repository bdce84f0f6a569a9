using Amazon.S3.Model;
using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;
using Ingestion.IndexTask.Tests.Hosting.Logs;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Publish.S3;

public sealed class FinishedLogsInS3Tests
{
    [Fact]
    public async Task Log_and_report_are_under_Druids_keys_and_any_worker_reads_them()
    {
        await using var world = await S3World.StartAsync();
        using (var logs = Logs(world))
        {
            await PutAsync(logs, "task", FinishedFile.Log, "a line\n");
            await PutAsync(logs, "task", FinishedFile.Log, "lines\n");
            await PutAsync(logs, "task", FinishedFile.Report, "{}");
        }
        Assert.Equal(["logs/of tasks/task/log", "logs/of tasks/task/report.json"], await world.KeysAsync());
        using var other = Logs(world);
        Assert.Equal(("lines\n", "{}", null), (await ReadAsync(other, "task", FinishedFile.Log), await ReadAsync(other, "task", FinishedFile.Report), await ReadAsync(other, "task2", FinishedFile.Log)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(world.WorkFolder));
    }

    [Fact]
    public async Task What_is_older_than_it_is_to_be_kept_goes_and_other_keys_stay()
    {
        await using var world = await S3World.StartAsync();
        using var logs = Logs(world);
        await PutAsync(logs, "task", FinishedFile.Log, "lines\n");
        await PutAsync(logs, "task", FinishedFile.Report, "{}");
        foreach (var key in (string[])["logs/of tasks/task/notes", "logs/of tasks/log", "elsewhere/task/log"])
            await world.Client.PutObjectAsync(new PutObjectRequest { BucketName = S3Server.Bucket, Key = key, ContentBody = "x" }, TestContext.Current.CancellationToken);
        Assert.Equal(0, await logs.SweepAsync(DateTimeOffset.UtcNow.AddMinutes(-5), TestContext.Current.CancellationToken));
        Assert.Equal(2, await logs.SweepAsync(DateTimeOffset.UtcNow.AddMinutes(5), TestContext.Current.CancellationToken));
        Assert.Equal(["elsewhere/task/log", "logs/of tasks/log", "logs/of tasks/task/notes"], await world.KeysAsync());
    }

    [Fact]
    public async Task Bucket_that_is_not_there_is_no_task_without_a_log()
    {
        await using var world = await S3World.StartAsync();
        using var logs = Logs(world, "nowhere");
        var problem = await Assert.ThrowsAsync<DeepStorageException>(() => ReadAsync(logs, "task", FinishedFile.Log));
        Assert.StartsWith("there is no bucket [nowhere] at S3 at http://127.0.0.1:", problem.Message, StringComparison.Ordinal);
        Assert.Equal(problem.Message, (await Assert.ThrowsAsync<DeepStorageException>(() => PutAsync(logs, "task", FinishedFile.Log, "lines\n"))).Message);
    }

    private static FinishedLogsInS3 Logs(S3World world, string bucket = S3Server.Bucket) => new(new S3Place(bucket, "logs/of tasks"), world.Settings, world.WorkFolder, NullLogger.Instance);

    private static async Task PutAsync(FinishedLogsInS3 logs, string taskId, FinishedFile file, string text)
    {
        using var content = LogContent.OfBytes(System.Text.Encoding.UTF8.GetBytes(text));
        await logs.PutAsync(taskId, file, content, TestContext.Current.CancellationToken);
    }

    private static async Task<string?> ReadAsync(FinishedLogsInS3 logs, string taskId, FinishedFile file)
    {
        var content = await logs.OpenAsync(taskId, file, TestContext.Current.CancellationToken);
        return content is null ? null : await TaskLogTests.TextAsync(content);
    }
}
