using System.Text;
using Ingestion.Overlord.Commands;
using Microsoft.AspNetCore.Http;

namespace Ingestion.Overlord.Tests.Commands;

public sealed class ContextCommandsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("contexts-").FullName;

    [Fact]
    public async Task Contexts_are_added_listed_used_and_removed_in_a_file_of_their_owner()
    {
        Assert.Equal("There are none. Without one, http://127.0.0.1:8090 is asked.\n", (await RunAsync("context list")).Output);
        Assert.Equal("Context [prod] is kept and in use.\n", (await RunAsync("context add prod --overlord https://a:8290,https://b:8290/ --user me --password-env PROD_PASSWORD")).Output);
        Assert.Equal("Context [test] is kept; overlord context use test makes it the one in use.\n", (await RunAsync("context add test --overlord http://t:8090")).Output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal("Context [test] is in use.\n", (await RunAsync("context use test")).Output);
        Assert.Equal(
            """
               NAME  OVERLORD                       CREDENTIALS
               prod  https://a:8290,https://b:8290  me, password from PROD_PASSWORD
            *  test  http://t:8090                  none

            """,
            (await RunAsync("context")).Output);
        Assert.Equal("Context [test] is gone, and none is in use.\n", (await RunAsync("context remove test")).Output);
        Assert.Equal(["contexts.json"], Directory.EnumerateFiles(folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("context add prod")]
    [InlineData("context use nothing")]
    [InlineData("context remove nothing")]
    [InlineData("context frob")]
    [InlineData("context add prod --overlord http://a --user me")]
    [InlineData("list --context nothing")]
    public async Task Mistake_changes_nothing(string line)
    {
        Assert.Equal(ExitCode.WrongUsage, (await RunAsync(line)).ExitCode);
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public async Task File_that_cannot_be_read_is_named()
    {
        await File.WriteAllTextAsync(FilePath, "{");
        Assert.StartsWith($"overlord list: the contexts in {FilePath} cannot be read: ", (await RunAsync("list")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_of_a_context_go_along_also_to_the_leader_it_redirects_to()
    {
        var seen = new List<string>();
        await using var leader = await FakeServer.StartAsync(context => Answer(context, seen));
        await using var standby = await FakeServer.StartAsync(context =>
        {
            seen.Add($"standby {context.Request.Headers.Authorization}");
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"{leader.Urls.First()}{context.Request.Path}{context.Request.QueryString}";
            return Task.CompletedTask;
        });
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), "t0ken\n");
        await RunAsync($"context add basic --overlord {standby.Urls.First()} --user me --password-env SECRET");
        await RunAsync($"context add bearer --overlord {leader.Urls.First()} --token-file {Path.Combine(folder, "token")}");
        Assert.Equal(ExitCode.Done, (await RunAsync("list")).ExitCode);
        Assert.Equal(ExitCode.Done, (await RunAsync("list --context bearer")).ExitCode);
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:p@ss:word"));
        Assert.Equal([$"standby {basic}", $"leader {basic}", "leader Bearer t0ken"], seen);
        Assert.DoesNotContain("p@ss", await File.ReadAllTextAsync(FilePath), StringComparison.Ordinal);

        static Task Answer(HttpContext context, List<string> seen)
        {
            seen.Add($"leader {context.Request.Headers.Authorization}");
            return context.Response.WriteAsync("[]");
        }
    }

    [Theory]
    [InlineData(401, "", ExitCode.Refused, "wants to know who asks")]
    [InlineData(403, "{\"Access-Check-Result\":\"no\"}", ExitCode.Refused, "forbids it")]
    [InlineData(503, "{\"error\":\"nobody leads\"}", ExitCode.Unavailable, "answers 503: nobody leads")]
    [InlineData(200, "<html>", ExitCode.Unavailable, "is it an overlord?")]
    public async Task Answers_that_are_none_are_said_in_words(int status, string body, int code, string words)
    {
        await using var server = await FakeServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        });
        var run = await RunAsync($"list --overlord {server.Urls.First()}");
        Assert.Equal(code, run.ExitCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
    }

    private string FilePath => Path.Combine(folder, "contexts.json");

    private Task<CommandRun> RunAsync(string line) => CommandRun.OfAsync(line.Split(' '), new Dictionary<string, string> { ["INGESTION_CONTEXTS"] = FilePath, ["SECRET"] = "p@ss:word" });

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
