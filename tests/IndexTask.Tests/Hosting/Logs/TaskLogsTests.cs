using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Hosting.Logs;

public sealed class TaskLogsTests : IDisposable
{
    private static readonly PushTimes Quick = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(20));
    private readonly string folder = Directory.CreateTempSubdirectory("task-logs-tests").FullName;

    private string Work => Path.Combine(folder, "work");
    private string Finished => Path.Combine(folder, "finished");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Log_and_report_of_a_task_that_is_over_are_pushed_and_served_all_the_while()
    {
        await using var logs = NewLogs(Quick);
        var log = logs.Open("task");
        log.Write(LogLevel.Information, "c", "begins", null);
        var running = await TaskLogTests.TextAsync(await logs.LogAsync("task", TestContext.Current.CancellationToken));
        Assert.EndsWith(" - begins\n", running, StringComparison.Ordinal);
        Assert.Null(await logs.ReportAsync("task", TestContext.Current.CancellationToken));
        Close(logs, log);
        Assert.Equal((running, "{}"), (await TaskLogTests.TextAsync(await logs.LogAsync("task", TestContext.Current.CancellationToken)), await TaskLogTests.TextAsync(await logs.ReportAsync("task", TestContext.Current.CancellationToken))));
        await UntilPushedAsync("task");
        Assert.Equal((running, "{}"), (await TaskLogTests.TextAsync(await logs.LogAsync("task", TestContext.Current.CancellationToken)), await TaskLogTests.TextAsync(await logs.ReportAsync("task", TestContext.Current.CancellationToken))));
        Assert.Equal((running, "{}"), (await ReadAsync("task.log"), await ReadAsync("task.report.json")));
    }

    [Fact]
    public async Task Push_that_fails_is_tried_again()
    {
        await File.WriteAllTextAsync(Finished, "a file where the folder should be", TestContext.Current.CancellationToken);
        await using var logs = NewLogs(Quick);
        var log = logs.Open("task");
        log.Write(LogLevel.Information, "c", "begins", null);
        Close(logs, log);
        File.Delete(Finished);
        await UntilPushedAsync("task");
        Assert.EndsWith(" - begins\n", await ReadAsync("task.log"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_be_pushed_in_time_stays_and_the_next_start_pushes_it()
    {
        await File.WriteAllTextAsync(Finished, "a file where the folder should be", TestContext.Current.CancellationToken);
        await using (var logs = NewLogs(Quick with { GiveUpAfter = TimeSpan.Zero }))
        {
            var log = logs.Open("task");
            log.Write(LogLevel.Information, "c", "begins", null);
            Close(logs, log);
        }
        Assert.Equal(["task.log", "task.report.json"], Directory.EnumerateFiles(Work).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        File.Delete(Finished);
        await using var next = NewLogs(Quick);
        next.Start();
        await UntilPushedAsync("task");
        Assert.Equal("{}", await ReadAsync("task.report.json"));
    }

    [Fact]
    public async Task Log_that_a_killed_worker_left_in_parts_is_pushed_as_one_without_a_report()
    {
        Directory.CreateDirectory(Work);
        await File.WriteAllTextAsync(Path.Combine(Work, "killed.log"), "beginning\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Work, "killed.log.30"), "end\n", TestContext.Current.CancellationToken);
        await using var logs = NewLogs(Quick);
        logs.Start();
        await UntilPushedAsync("killed");
        Assert.Equal("beginning\n... 20 bytes of the log were cut here: a worker keeps its beginning and its end ...\nend\n", await ReadAsync("killed.log"));
        Assert.Null(await logs.ReportAsync("killed", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_older_than_it_is_to_be_kept_goes_and_other_files_stay()
    {
        Directory.CreateDirectory(Finished);
        foreach (var (name, days) in ((string, int)[])[("old.log", 8), ("old.report.json", 8), ("new.log", 6), ("old.txt", 8)])
        {
            await File.WriteAllTextAsync(Path.Combine(Finished, name), "", TestContext.Current.CancellationToken);
            File.SetLastWriteTimeUtc(Path.Combine(Finished, name), DateTime.UtcNow.AddDays(-days));
        }
        await using var logs = NewLogs(Quick);
        logs.Start();
        Assert.True(await Waiting.UntilAsync(() => Task.FromResult(Directory.EnumerateFiles(Finished).Count() == 2), TimeSpan.FromSeconds(20)));
        Assert.Equal(["new.log", "old.txt"], Directory.EnumerateFiles(Finished).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    private static void Close(TaskLogs logs, TaskLog log) => logs.Close(log, json =>
    {
        json.WriteStartObject();
        json.WriteEndObject();
    });

    private TaskLogs NewLogs(PushTimes times) => new(Work, new FinishedLogFolder(Finished), TimeSpan.FromDays(7), TimeProvider.System, NullLogger.Instance) { Times = times };

    private Task<string> ReadAsync(string name) => File.ReadAllTextAsync(Path.Combine(Finished, name), TestContext.Current.CancellationToken);

    /// <summary>The worker's own copy goes last.</summary>
    private async Task UntilPushedAsync(string task) =>
        Assert.True(await Waiting.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(Finished, task + ".log")) && !Directory.EnumerateFiles(Work).Any()), TimeSpan.FromSeconds(20)));
}
