using Ingestion.Overlord.Hosting;

namespace Ingestion.Overlord.Tests.Hosting;

public sealed class OverlordOptionsTests
{
    [Fact]
    public void Folder_of_finished_tasks_logs_is_also_that_of_the_worker_in_the_process()
    {
        var options = OverlordOptions.Parse(["--metadata", "m", "--task-logs", "/logs", "--with-worker", "--deep-storage", "/deep", "--task-logs-keep", "P1D"], _ => null);
        var worker = WorkerInProcess.Arguments(options, "http://127.0.0.1");
        Assert.Equal(("/logs", "/logs", TimeSpan.FromDays(1)), (options.TaskLogs, worker.TaskLogFolder, worker.TaskLogsKeep));
    }

    [Fact]
    public void Logs_in_S3_are_those_of_the_worker_in_the_process()
    {
        var options = OverlordOptions.Parse(["--metadata", "m", "--with-worker", "--deep-storage", "/deep", "--druid.indexer.logs.type", "s3", "--druid.indexer.logs.s3Bucket", "b", "--druid.indexer.logs.s3Prefix", "k"], _ => null);
        Assert.Equal((null, "s3://b/k"), (options.TaskLogs, WorkerInProcess.Arguments(options, "http://127.0.0.1").TaskLogFolder));
    }

    [Theory]
    [InlineData("--task-logs-keep is an option of the worker: it goes with --with-worker", "--task-logs-keep", "P1D")]
    [InlineData("--task-logs [s3://b/k] is not a folder: logs that are in S3 are served by workers, without this option", "--task-logs", "s3://b/k")]
    public void Mistake_about_logs_is_named(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => OverlordOptions.Parse(["--metadata", "m", .. arguments], _ => null)).Message);
}
