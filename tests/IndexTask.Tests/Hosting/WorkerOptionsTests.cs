using Ingestion.IndexTask.Hosting;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class WorkerOptionsTests
{
    [Fact]
    public void Command_line_is_read()
    {
        var options = WorkerOptions.Parse(["--overlords", "http://a:1,http://b:2", "--listen", "0.0.0.0:8091", "--host", "me", "--capacity", "7", "--memory", "512m", "--deep-storage", "/deep", "--work-dir", "/work", "--environment", "test"]);
        Assert.Equal(("http://a:1/ http://b:2/", "0.0.0.0:8091", "me", 7, 512L << 20, "/deep", "/work", "test"),
            (string.Join(' ', options.Overlords), options.Listen.ToString(), options.Host, options.Capacity, options.MemoryBytes, options.DeepStorage, options.WorkDirectory, options.EnvironmentName));
    }

    [Theory]
    [InlineData("/druid/task-logs", 7, "--deep-storage", "/druid/segments/")]
    [InlineData("/var/work/task-logs", 7, "--deep-storage", "s3://bucket/base", "--work-dir", "/var/work")]
    [InlineData("/logs", 1, "--deep-storage", "/d", "--task-logs", "/logs", "--task-logs-keep", "PT24H")]
    [InlineData("/logs", 2, "--deep-storage", "/d", "--druid.indexer.logs.type", "file", "--druid.indexer.logs.directory", "/logs", "--druid.indexer.logs.kill.durationToRetain", "172800000")]
    [InlineData("s3://b/k", 7, "--deep-storage", "/d", "--task-logs", "s3://b/k", "--druid.s3.endpoint.url", "http://s:1")]
    [InlineData("s3://b/k/l", 7, "--deep-storage", "s3://b/base", "--druid.indexer.logs.type", "s3", "--druid.indexer.logs.s3Bucket", "b", "--druid.indexer.logs.s3Prefix", "k/l")]
    public void Finished_tasks_logs_go_beside_deep_storage_or_where_they_are_told(string folder, int days, params string[] arguments)
    {
        var options = WorkerOptions.Parse(["--overlords", "http://a:1", .. arguments]);
        Assert.Equal((folder, TimeSpan.FromDays(days)), (options.TaskLogFolder, options.TaskLogsKeep));
    }

    [Theory]
    [InlineData("--task-logs [gs://b/k] is neither a folder nor s3://BUCKET/PREFIX", "--overlords", "http://a:1", "--deep-storage", "/d", "--task-logs", "gs://b/k")]
    [InlineData("[s3:///k] names no bucket", "--overlords", "http://a:1", "--deep-storage", "/d", "--task-logs", "s3:///k")]
    [InlineData("--druid.indexer.logs.s3Bucket is missing", "--overlords", "http://a:1", "--deep-storage", "/d", "--druid.indexer.logs.type", "s3")]
    [InlineData("options of --druid.indexer.logs.type file and s3 are mixed up", "--overlords", "http://a:1", "--deep-storage", "/d", "--druid.indexer.logs.s3Bucket", "b")]
    [InlineData("there are options of S3, but deep storage is the directory [/d]", "--overlords", "http://a:1", "--deep-storage", "/d", "--task-logs", "/logs", "--druid.s3.endpoint.url", "http://s:1")]
    [InlineData("--task-logs-keep [7] is not a period such as P7D or PT12H", "--overlords", "http://a:1", "--deep-storage", "/d", "--task-logs-keep", "7")]
    [InlineData("--druid.indexer.logs.type [hdfs] is not supported: file and s3 are", "--overlords", "http://a:1", "--deep-storage", "/d", "--druid.indexer.logs.type", "hdfs")]
    [InlineData("--overlords is missing")]
    [InlineData("--overlords [ftp://x] is not a URL", "--overlords", "ftp://x")]
    [InlineData("--deep-storage is missing", "--overlords", "http://a:1")]
    [InlineData("--capacity [0] is not a positive number", "--overlords", "http://a:1", "--deep-storage", "/d", "--capacity", "0")]
    [InlineData("--memory [512mb] is not a size such as 512m: a number of bytes, or of k, m or g", "--overlords", "http://a:1", "--deep-storage", "/d", "--memory", "512mb")]
    [InlineData("--listen [here] is not ADDRESS:PORT", "--overlords", "http://a:1", "--deep-storage", "/d", "--listen", "here")]
    [InlineData("unknown option --speed", "--overlords", "http://a:1", "--deep-storage", "/d", "--speed", "9")]
    [InlineData("--deep-storage needs a value", "--deep-storage")]
    public void Mistake_on_the_command_line_is_named(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => WorkerOptions.Parse(arguments)).Message);
}
