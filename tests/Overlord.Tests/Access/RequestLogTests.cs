using System.Text.Json.Nodes;
using Ingestion.Access.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Access;

public sealed class RequestLogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("request-log-tests").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Line_says_who_asked_for_what_and_what_came_of_it()
    {
        await using (var log = NewLog()) log.Add(Line("/status") with { Caller = "ann", Address = "10.0.0.1" });
        Assert.Equal("""{"time":"2026-11-22T03:04:05.006Z","id":"id-1","caller":"ann","address":"10.0.0.1","method":"GET","path":"/status","status":200,"requestBytes":1,"responseBytes":2,"millis":3.5}""" + "\n",
            await File.ReadAllTextAsync(Current, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Files_are_set_aside_when_full_and_only_so_many_are_kept()
    {
        await using (var log = NewLog(size: 1_000, kept: 2))
            for (var i = 0; i < 100; i++) log.Add(Line($"/{i}"));
        Assert.Equal(["requests.1.log", "requests.2.log", "requests.log"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(folder), f => Assert.InRange(new FileInfo(f).Length, 1, 1_000));
        var left = ((string[])["requests.2.log", "requests.1.log", "requests.log"]).SelectMany(f => File.ReadLines(Path.Combine(folder, f))).Select(l => (string)JsonNode.Parse(l)!["path"]!).ToList();
        Assert.Equal(Enumerable.Range(100 - left.Count, left.Count).Select(i => $"/{i}"), left);
        await using (var log = NewLog(size: 1_000_000)) log.Add(Line("/after"));
        Assert.Equal("/after", (string)JsonNode.Parse(File.ReadLines(Current).Last())!["path"]!);
        Assert.True(File.ReadLines(Current).Count() > 1);
    }

    [Fact]
    public async Task Lines_that_come_faster_than_they_are_written_are_dropped_and_the_next_says_how_many()
    {
        var begin = new TaskCompletionSource();
        await using (var log = NewLog(mostWaiting: 3, begin: begin.Task))
        {
            for (var i = 0; i < 10; i++) log.Add(Line($"/{i}")); // does not wait
            begin.SetResult();
        }
        var lines = File.ReadLines(Current).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal([7L], lines.Select(l => (long?)l["dropped"]).OfType<long>());
        Assert.Equal(["/0", "/1", "/2"], lines.Select(l => (string?)l["path"]).OfType<string>());
    }

    [Fact]
    public async Task Folder_that_cannot_be_written_costs_lines_and_nothing_else()
    {
        Directory.CreateDirectory(Current); // a folder where the file should be
        await using var log = NewLog();
        log.Add(Line("/lost"));
        await log.DisposeAsync();
        Assert.True(Directory.Exists(Current));
    }

    [Fact]
    public async Task Control_characters_do_not_begin_a_line_of_their_own()
    {
        await using (var log = NewLog()) log.Add(Line("/a\n{\"caller\":\"forged\"}") with { Id = "x\"y" });
        Assert.Single(File.ReadLines(Current));
    }

    private string Current => Path.Combine(folder, "requests.log");

    private RequestLog NewLog(long size = RequestLog.DefaultSize, int kept = RequestLog.DefaultKept, int mostWaiting = 1_000, Task? begin = null) => new(folder, NullLogger<RequestLog>.Instance, size, kept, mostWaiting, begin);

    private static RequestLog.RequestLine Line(string path) => new(new DateTimeOffset(2026, 11, 22, 3, 4, 5, 6, TimeSpan.Zero), "id-1", null, null, "GET", path, 200, 1, 2, 3.5);
}
