using System.Text;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting.Logs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Hosting.Logs;

public sealed class TaskLogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("task-log-tests").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Lines_are_as_druids_with_an_exception_below()
    {
        var time = new DateTimeOffset(2026, 11, 21, 11, 2, 42, 262, TimeSpan.FromHours(2));
        Assert.Equal("2026-11-21T09:02:42,262 WARN [reader] Some.Class - away\nSystem.IO.IOException: gone\n", Encoding.UTF8.GetString(LogLine.Of(time, LogLevel.Warning, "reader", "Some.Class", "away", new IOException("gone"))));
    }

    [Fact]
    public void Line_that_is_too_long_says_how_much_is_missing()
    {
        var line = Encoding.UTF8.GetString(LogLine.Of(DateTimeOffset.UnixEpoch, LogLevel.Information, "t", "c", new string('x', LogLine.Longest), null));
        Assert.EndsWith("x ...[37 more characters]\n", line, StringComparison.Ordinal);
        Assert.Equal(LogLine.Longest + " ...[37 more characters]\n".Length, line.Length);
    }

    [Fact]
    public async Task Log_keeps_its_beginning_and_its_end_and_says_how_much_was_cut()
    {
        using var log = NewLog(new LogLimits(1_000, 500));
        for (var i = 0; i < 1_000; i++) log.Write(LogLevel.Information, "c", $"line {i:0000}", null);
        var lines = (await TextAsync(log.Open())).Split('\n');
        var size = lines[0].Length + 1;
        Assert.True(Directory.EnumerateFiles(folder).Sum(f => new FileInfo(f).Length) is > 1_200 and <= 2_000);
        var gap = Array.FindIndex(lines, l => l.StartsWith("... ", StringComparison.Ordinal));
        var (first, rest) = (lines[..gap], lines[(gap + 1)..^1]);
        Assert.Equal(1_000 / size, first.Length);
        Assert.Equal(Enumerable.Range(0, first.Length), first.Select(Number));
        Assert.Equal(Enumerable.Range(1_000 - rest.Length, rest.Length), rest.Select(Number));
        Assert.Equal($"... {(1_000 - first.Length - rest.Length) * size} bytes of the log were cut here: a worker keeps its beginning and its end ...", lines[gap]);
        Assert.InRange(rest.Length, 500 / size, 2 * (500 / size));

        static int Number(string line) => int.Parse(line[^4..], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Files_of_a_killed_process_give_the_same_log()
    {
        using var log = NewLog(new LogLimits(1_000, 500));
        for (var i = 0; i < 300; i++) log.Write(LogLevel.Information, "c", $"line {i}", null);
        Assert.Equal(await TextAsync(log.Open()), await TextAsync(LogContent.OfParts(folder, "task")));
    }

    [Fact]
    public async Task Log_that_is_being_sent_stays_as_it_was_whatever_is_written_meanwhile()
    {
        using var log = NewLog(new LogLimits(200, 200));
        for (var i = 0; i < 20; i++) log.Write(LogLevel.Information, "c", $"line {i}", null);
        var before = await TextAsync(log.Open());
        var open = log.Open();
        for (var i = 20; i < 90; i++) log.Write(LogLevel.Information, "c", $"line {i}", null);
        Assert.Equal(before, await TextAsync(open));
    }

    [Theory]
    [InlineData(0, "0123456789")]
    [InlineData(4, "456789")]
    [InlineData(10, "")]
    [InlineData(11, "")]
    [InlineData(long.MaxValue, "")]
    [InlineData(-3, "789")]
    [InlineData(-10, "0123456789")]
    [InlineData(-11, "0123456789")]
    [InlineData(long.MinValue, "0123456789")]
    public async Task Offset_counts_from_the_beginning_or_from_the_end(long offset, string expected)
    {
        await File.WriteAllTextAsync(LogParts.PathOf(folder, "task", 0), "01234", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(LogParts.PathOf(folder, "task", 5), "56789", TestContext.Current.CancellationToken);
        Assert.Equal(expected, await TextAsync(LogContent.OfParts(folder, "task"), offset));
    }

    [Fact]
    public async Task Closed_log_takes_nothing_more()
    {
        var log = NewLog(LogLimits.Default);
        log.Write(LogLevel.Information, "c", "one", null);
        log.Dispose();
        log.Write(LogLevel.Information, "c", "two", null);
        Assert.EndsWith(" - one\n", await TextAsync(log.Open()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loggers_of_a_task_tell_its_log_what_is_information_or_worse()
    {
        using var log = NewLog(LogLimits.Default);
        using var loggers = new TaskLoggers(NullLoggerFactory.Instance, log);
        var logger = loggers.CreateLogger("c");
        foreach (var level in (LogLevel[])[LogLevel.Debug, LogLevel.Information, LogLevel.Error])
            if (logger.IsEnabled(level)) logger.Log(level, default, level, null, (state, _) => $"is {state}");
        Assert.Equal(["INFO is Information", "ERROR is Error"], (await TextAsync(log.Open())).Split('\n')[..^1].Select(l => l.Split(' ')[1] + " " + l.Split(" - ")[1]));
    }

    [Theory]
    [InlineData("index_kafka_wiki_a b", "index_kafka_wiki_a b.log")]
    [InlineData("../../etc/passwd", null)]
    [InlineData(".hidden", null)]
    [InlineData("", null)]
    [InlineData("a\0b", null)]
    public void Id_that_is_no_files_name_has_no_log(string id, string? name) => Assert.Equal(name, TaskLogFiles.LogName(id));

    internal static async Task<string> TextAsync(LogContent? content, long offset = 0)
    {
        Assert.NotNull(content);
        using var target = new MemoryStream();
        using (content) await content.CopyToAsync(target, offset, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(target.ToArray());
    }

    private TaskLog NewLog(LogLimits limits) => new(folder, "task", limits, TimeProvider.System, NullLogger.Instance);
}
