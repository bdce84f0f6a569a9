using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Publish.S3;
using Ingestion.Overlord.Hosting;

namespace Ingestion.Overlord.Tests.Hosting;

public sealed class OverlordOptionsTests
{
    [Fact]
    public void Folder_of_finished_tasks_logs_is_also_that_of_the_worker_in_the_process()
    {
        var options = OverlordOptions.Parse(["--metadata", "m", "--task-logs", "/logs", "--with-worker", "--deep-storage", "/deep", "--task-logs-keep", "P1D"], _ => null);
        var worker = WorkerInProcess.Arguments(options, "http://127.0.0.1");
        Assert.Equal(("/logs", "/logs", TimeSpan.FromDays(1)), (options.Storage.TaskLogs, worker.TaskLogFolder, worker.TaskLogsKeep));
    }

    [Fact]
    public void Logs_in_S3_are_those_of_the_worker_in_the_process()
    {
        var options = OverlordOptions.Parse(["--metadata", "m", "--with-worker", "--deep-storage", "/deep", "--druid.indexer.logs.type", "s3", "--druid.indexer.logs.s3Bucket", "b", "--druid.indexer.logs.s3Prefix", "k"], _ => null);
        Assert.Equal(("s3://b/k", "s3://b/k"), (options.Storage.TaskLogs, WorkerInProcess.Arguments(options, "http://127.0.0.1").TaskLogFolder));
    }

    [Fact]
    public void Logs_in_the_folder_that_the_worker_in_the_process_takes_by_default_are_the_overlords_too()
    {
        var options = OverlordOptions.Parse(["--metadata", "m", "--with-worker", "--deep-storage", "/druid/deep"], _ => null);
        Assert.Equal(new StorageOptions { DeepStorage = "/druid/deep", TaskLogs = "/druid/task-logs" }, options.Storage);
    }

    [Theory]
    [InlineData("/deep", "s3://b/k", "--deep-storage", "/deep", "--task-logs", "s3://b/k", "--druid.s3.endpoint.url", "http://s3")]
    [InlineData(null, "s3://b/k", "--task-logs", "s3://b/k", "--druid.s3.endpoint.url", "http://s3")]
    [InlineData("s3://b/k", "/logs", "--deep-storage", "s3://b/k", "--task-logs", "/logs", "--druid.s3.endpoint.url", "http://s3")]
    [InlineData(null, "s3://b/k", "--druid.indexer.logs.type", "s3", "--druid.indexer.logs.s3Bucket", "b", "--druid.indexer.logs.s3Prefix", "k", "--druid.s3.endpoint.url", "http://s3")]
    public void Overlord_without_worker_may_know_logs_and_segments_in_S3(string? deepStorage, string? taskLogs, params string[] arguments) =>
        Assert.Equal(new StorageOptions { DeepStorage = deepStorage, TaskLogs = taskLogs, S3 = new S3Settings { Endpoint = new Uri("http://s3") } }, OverlordOptions.Parse(["--metadata", "m", .. arguments], _ => null).Storage);

    [Theory]
    [InlineData("--task-logs-keep is an option of the worker: it goes with --with-worker", "--task-logs-keep", "P1D")]
    [InlineData("--task-logs [gs://b/k] is neither a folder nor s3://BUCKET/PREFIX", "--task-logs", "gs://b/k")]
    [InlineData("there are options of S3, but neither --deep-storage nor --task-logs is there", "--task-logs", "/logs", "--druid.s3.endpoint.url", "http://s3")]
    [InlineData("there are options of S3, but deep storage is the directory [/deep]", "--deep-storage", "/deep", "--druid.s3.endpoint.url", "http://s3")]
    [InlineData("--druid.storage.archiveBucket is no option of deep storage or task logs", "--druid.storage.archiveBucket", "b")]
    public void Mistake_about_logs_or_deep_storage_is_named(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => OverlordOptions.Parse(["--metadata", "m", .. arguments], _ => null)).Message);
}
