using System.Text.Json.Nodes;
using Ingestion.Overlord.Commands;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;
using Microsoft.AspNetCore.Http;

namespace Ingestion.Overlord.Tests.Commands;

/// <summary>Commands that ask a running overlord, which has no broker.</summary>
public sealed class OverlordCommandsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Supervisor_is_submitted_listed_suspended_resumed_reset_and_terminated()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        Task<CommandRun> RunAsync(string line, string? input = null) => CommandRun.OfAsync([.. line.Split(' '), "--overlord", $"{overlord.Address}"], input: input);

        Assert.Equal("There are no supervisors.\n", (await RunAsync("list")).Output);
        Assert.Equal("There are no workers: no task can run.\n", (await RunAsync("workers")).Output);
        Assert.Equal("There are no tasks.\n", (await RunAsync("tasks --state running --datasource wiki")).Output);
        Assert.StartsWith("Nothing was done. Supervisor [wiki]: the spec would be a new version", (await RunAsync("submit - --dry-run", PostedSpecs.Wiki())).Output, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Done, "Supervisor [wiki] has the spec.\n"), Brief(await RunAsync("submit -", PostedSpecs.Wiki())));
        var listed = await RunAsync("list");
        Assert.Equal(["SUPERVISOR", "STATE", "HEALTHY", "STREAM"], Cells(listed.Lines[0]));
        Assert.Equal(("wiki", "topic-1"), (Cells(listed.Lines[1])[0], Cells(listed.Lines[1])[^1]));
        Assert.Equal("wiki", (string?)JsonNode.Parse((await RunAsync("status wiki --json")).Output)!["id"]);
        Assert.StartsWith("stream topic-1, 0 partitions, into dataSource wiki; replicas 1, taskDuration 1 h", (await RunAsync("status wiki")).Lines[1], StringComparison.Ordinal);
        Assert.StartsWith("wiki: ", (await RunAsync("explain wiki")).Output, StringComparison.Ordinal);

        Assert.Equal((ExitCode.Done, "Supervisor [wiki] is suspended: its tasks publish what they have read and end.\n"), Brief(await RunAsync("suspend wiki")));
        Assert.Equal((ExitCode.Refused, "overlord suspend: [wiki] is already suspended\n"), Refusal(await RunAsync("suspend wiki")));
        Assert.Equal((ExitCode.Done, "Supervisor [wiki] runs again.\n"), Brief(await RunAsync("resume wiki")));
        Assert.Equal((ExitCode.Refused, "overlord status: Cannot find any supervisor with id: [wi ki ?]\n"), Refusal(await CommandRun.OfAsync("status", "wi ki ?", "--overlord", $"{overlord.Address}")));

        Assert.Equal((ExitCode.Done, "Supervisor [wiki] is reset.\n"), Brief(await RunAsync("reset wiki", "wiki\n")));
        Assert.Equal(ExitCode.Refused, (await RunAsync("reset wiki --to latest", "yes\n")).ExitCode);
        Assert.Equal(ExitCode.WrongUsage, (await RunAsync("reset wiki --to middle --yes")).ExitCode);
        Assert.Equal(ExitCode.Refused, (await RunAsync("terminate wiki", "n\n")).ExitCode);
        Assert.Equal(ExitCode.WrongUsage, (await RunAsync("terminate wiki")).ExitCode); // nobody is there
        Assert.Equal((ExitCode.Done, "Supervisor [wiki] is terminated.\n"), Brief(await RunAsync("terminate wiki --yes")));
        await overlord.UntilAsync("it is gone", async () => (await RunAsync("list --json")).Output == "[]\n");
    }

    [Fact]
    public async Task Problems_of_a_submitted_spec_stand_on_the_error_output_line_by_line()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var run = await CommandRun.OfAsync(["submit", "-", "--overlord", $"{overlord.Address}"], input: PostedSpecs.Wiki(s =>
        {
            s["spec"]!["ioConfig"]!["replicas"] = 0;
            s["spec"]!["ioConfig"]!["taskCount"] = 0;
        }));
        Assert.Equal((ExitCode.Refused, "", "overlord submit: $.spec.ioConfig.taskCount: is 0: at least 1 is expected\n$.spec.ioConfig.replicas: is 0: at least 1 is expected\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task Standby_and_an_overlord_that_is_down_lead_to_the_leader()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var leader = await RunningOverlord.StartAsync(database);
        await using var standby = await RunningOverlord.StartAsync(database, waitForLeadership: false);
        var run = await CommandRun.OfAsync("list", "--overlord", $"http://127.0.0.1:{Embedded.Ports.Free()},{standby.Address}");
        Assert.Equal((ExitCode.Done, "There are no supervisors.\n"), Brief(run));
    }

    [Fact]
    public async Task Overlord_that_does_not_answer_is_named()
    {
        var url = $"http://127.0.0.1:{Embedded.Ports.Free()}";
        var run = await CommandRun.OfAsync("list", "--overlord", url);
        Assert.Equal(ExitCode.Unavailable, run.ExitCode);
        Assert.StartsWith($"overlord list: no overlord answers: {url}: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_and_top_show_the_cluster()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var worker = await FakeWorker.StartAsync(overlord, capacity: 6);
        await overlord.SendAsync("POST", "/druid/indexer/v1/supervisor", PostedSpecs.Wiki());
        var workers = await CommandRun.OfAsync("workers", "--overlord", $"{overlord.Address}");
        Assert.Equal([worker.Address.Authority, "6", "0"], Cells(workers.Lines[1])[..3]);
        var top = await CommandRun.OfAsync("top", "--interval", "0.01", "--overlord", $"{overlord.Address}");
        Assert.Equal((ExitCode.Done, ""), (top.ExitCode, top.Error));
        Assert.EndsWith("1 supervisor, 0 of 6 slots used, lag 0", top.Lines[0], StringComparison.Ordinal);
        Assert.Equal("wiki", Cells(top.Lines[2])[0]);
        Assert.Equal(ExitCode.Refused, (await CommandRun.OfAsync("top", "nobody", "--overlord", $"{overlord.Address}")).ExitCode);
    }

    [Fact]
    public async Task Top_fills_a_screen_until_q_and_leaves_it_as_it_was()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        using var output = new StringWriter();
        var asked = 0;
        var terminal = new Terminal { Output = output, Error = output, Input = TextReader.Null, IsScreen = true, QuitPressed = () => ++asked > 1, Size = () => (60, 20) };
        Assert.Equal(ExitCode.Done, await CommandLine.RunAsync(["top", "--interval", "0.01", "--overlord", $"{overlord.Address}"], terminal, _ => null, default));
        Assert.StartsWith("\e[?1049h\e[?25l\e[H", $"{output}", StringComparison.Ordinal);
        Assert.EndsWith("\e[J\e[?25h\e[?1049l", $"{output}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_leaves_the_slots_out_where_who_asks_may_read_single_dataSources_only()
    {
        var folder = Directory.CreateTempSubdirectory("top-");
        try
        {
            var access = new AccessFiles(folder.FullName);
            await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), access);
            Assert.Equal(200, (await overlord.SendAsync("POST", "/druid/indexer/v1/supervisor", PostedSpecs.Wiki())).Status);
            var top = await CommandRun.OfAsync(["top", "--interval", "0.01", "--overlord", $"{overlord.Address}", "--ca-file", access.Authority, "--user", AccessFiles.WikiReader, "--password-env", "PASSWORD"],
                new Dictionary<string, string> { ["PASSWORD"] = AccessFiles.WikiReader });
            Assert.Equal((ExitCode.Done, ""), (top.ExitCode, top.Error));
            Assert.EndsWith("  1 supervisor, lag 0", top.Lines[0], StringComparison.Ordinal);
            Assert.Equal("wiki", Cells(top.Lines[2])[0]);
        }
        finally { folder.Delete(recursive: true); }
    }

    [Fact]
    public async Task Top_goes_on_while_nobody_leads()
    {
        var answered = 0;
        await using var server = await FakeServer.StartAsync(context =>
        {
            if (++answered > 2) context.Response.StatusCode = 503; // ids and capacity: the first frame
            return context.Response.WriteAsync(answered > 2 ? """{"error":"nobody leads"}""" : context.Request.Path.Value!.EndsWith("/supervisor", StringComparison.Ordinal) ? "[]" : "{}");
        });
        using var output = new StringWriter();
        var terminal = new Terminal { Output = output, Error = output, Input = TextReader.Null, IsScreen = true, QuitPressed = () => $"{output}".Contains("It is asked again", StringComparison.Ordinal), Size = () => (200, 20) };
        Assert.Equal(ExitCode.Done, await CommandLine.RunAsync(["top", "--interval", "0.01", "--overlord", server.Urls.First()], terminal, _ => null, default));
        Assert.Contains("answers 503: nobody leads", $"{output}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lst")]
    [InlineData("list more")]
    [InlineData("status")]
    [InlineData("status a b")]
    [InlineData("list --frob")]
    [InlineData("list --overlord")]
    [InlineData("list --overlord a --overlord b")]
    [InlineData("list --overlord nonsense")]
    [InlineData("list --overlord http://user:secret@host")]
    [InlineData("list --user me")]
    [InlineData("list --user me --token-env T")]
    [InlineData("list --token-env NOT_SET")]
    [InlineData("list --token-file /no/such/file")]
    [InlineData("list --context a --overlord http://h:1")]
    [InlineData("list --ca-file /no/such/file")]
    [InlineData("top --interval never")]
    public async Task Wrong_command_line_asks_nobody(string line)
    {
        var run = await CommandRun.OfAsync(line.Split(' '));
        Assert.Equal((ExitCode.WrongUsage, ""), (run.ExitCode, run.Output));
        Assert.EndsWith("overlord help lists the commands\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_to_be_had_of_each_command()
    {
        foreach (var line in (string[][])[["help"], ["reset", "--help"], ["check", "-h"]])
            Assert.Equal((ExitCode.Done, CommandLine.Usage + "\n"), Brief(await CommandRun.OfAsync(line)));
    }

    private static (int, string) Brief(CommandRun run) => (run.ExitCode, run.Output);

    private static (int, string) Refusal(CommandRun run) => (run.ExitCode, run.Error);

    private static string[] Cells(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
