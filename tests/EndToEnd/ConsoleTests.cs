using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Text.Json;
using Microsoft.Playwright;

namespace Ingestion.EndToEnd;

/// <summary>Druid's own web console, served by our overlord and used in a browser as a person does.</summary>
public sealed class ConsoleTests(Servers servers)
{
    private const int Read = 500, More = 40;

    [Fact]
    public async Task Supervisor_is_seen_and_steered_from_its_menu()
    {
        await using var pipeline = await StartAsync();
        await using var browser = await Browser.StartAsync();
        var page = browser.Page;
        await page.GotoAsync(Address(pipeline, "#supervisors"));
        var row = page.Locator(".rt-tr-group", new PageLocatorOptions { HasText = pipeline.Name });
        foreach (var shown in (string[])["RUNNING", "kafka", "1 active task", "Processed: ", "0 errors"]) await Assertions.Expect(row).ToContainTextAsync(shown);

        await ChooseAsync(page, row, "Suspend", "Suspend supervisor");
        await Assertions.Expect(row).ToContainTextAsync("SUSPENDED");
        await UntilSuspendedAsync(pipeline, true);
        await pipeline.UntilPublishedAsync(Read);
        pipeline.Produce(Events.Sample.Skip(Read).Take(More));
        await pipeline.UntilAsync("the lag is known", async () => (await pipeline.Stack.Client.StatusAsync(pipeline.Name)).GetProperty("aggregateLag").GetInt64() == More);
        await page.ReloadAsync();
        await Assertions.Expect(row).ToContainTextAsync("SUSPENDED");
        var columns = await page.Locator(".rt-thead.-header .rt-th").AllInnerTextsAsync();
        await Assertions.Expect(row.Locator(".rt-td").Nth(columns.Index().Single(c => c.Item.Contains("lag", StringComparison.OrdinalIgnoreCase)).Index)).ToHaveTextAsync($"{More}");
        await ChooseAsync(page, row, "Hard reset", "Hard reset supervisor");
        await pipeline.UntilAsync("the offsets are reset", async () => await pipeline.CommittedAsync() == 0);
        await ChooseAsync(page, row, "Resume", "Resume supervisor");
        await UntilSuspendedAsync(pipeline, false);
        await pipeline.UntilAsync("everything is read again", async () => await pipeline.ReadAsync() == Read + More);
        await ChooseAsync(page, row, "Terminate", "Terminate supervisor");
        await Assertions.Expect(row).ToHaveCountAsync(0);
        Assert.Equal(404, (await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/supervisor/{pipeline.Name}")).Status);
        Assert.Equal([], browser.Errors);
    }

    [Fact]
    public async Task Task_is_seen_with_its_payload_report_and_log()
    {
        await using var pipeline = await StartAsync();
        var task = (await pipeline.ReadingAsync()).Keys.Single();
        await using var browser = await Browser.StartAsync();
        var page = browser.Page;
        await page.GotoAsync(Address(pipeline, "#tasks"));
        var row = page.Locator(".rt-tr-group", new PageLocatorOptions { HasText = task });
        foreach (var shown in (string[])["index_kafka", "RUNNING", pipeline.Name]) await Assertions.Expect(row).ToContainTextAsync(shown);
        await row.Locator(".action-cell .action-icon").First.ClickAsync();
        var dialog = page.Locator(".bp5-dialog");
        foreach (var (tab, shown) in ((string, string)[])[("Status", "index_kafka"), ("Reports", "BUILD_SEGMENTS"), ("Spec", "availabilityGroup"), ("Log", $"task [{task}] of supervisor [{pipeline.Name}]")])
        {
            await dialog.GetByText(tab, new LocatorGetByTextOptions { Exact = true }).First.ClickAsync();
            await Assertions.Expect(dialog).ToContainTextAsync(shown);
        }
        Assert.Equal([], browser.Errors);
    }

    [Fact]
    public async Task Data_loader_samples_a_topic_through_its_steps_and_submits_the_spec()
    {
        var folder = await UnpackAsync();
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.StartAllInOneAsync(4, "--console", folder);
        pipeline.Produce(Events.Sample.Take(Read));
        await using var browser = await Browser.StartAsync();
        var page = browser.Page;
        // The console has this view only where a Coordinator answers too. None runs here, and it asks it nothing else that matters.
        await page.RouteAsync("**/druid/coordinator/v1/isLeader*", route => route.FulfillAsync(new RouteFulfillOptions { ContentType = "application/json", Body = """{"leader":true}""" }));
        await page.GotoAsync(Address(pipeline, "#streaming-data-loader"));
        await page.Locator(".ingestion-card", new PageLocatorOptions { HasText = "Apache Kafka" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Connect data" }).ClickAsync();
        await FillAsync(page, "Bootstrap servers", pipeline.Kafka.BootstrapServers);
        await FillAsync(page, "Topic", pipeline.Name);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Apply" }).ClickAsync();
        await Assertions.Expect(page.Locator(".load-data-view textarea").First).ToHaveValueAsync(new Regex("#en.wikipedia"));
        foreach (var (step, shown) in ((string, string)[])[("Parse data", "#en.wikipedia"), ("Parse time", "2015-09-12T"), ("Transform", "#en.wikipedia"), ("Filter", "#en.wikipedia"), ("Configure schema", "#en.wikipedia")])
        {
            await NextAsync(page, step);
            await Assertions.Expect(page.Locator(".load-data-view .rt-tbody").First).ToContainTextAsync(shown);
        }
        await NextAsync(page, "Partition");
        await FillAsync(page, "Segment granularity", "day");
        await NextAsync(page, "Tune");
        await page.Locator(".bp5-form-group", new PageLocatorOptions { HasText = "Use earliest offset" }).GetByText("True", new LocatorGetByTextOptions { Exact = true }).ClickAsync();
        foreach (var step in (string[])["Publish", "Edit spec"]) await NextAsync(page, step);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Submit supervisor" }).Or(page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Submit" })).First.ClickAsync();
        await pipeline.UntilAsync("everything is read", async () => (await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/supervisor/{pipeline.Name}")).Status == 200 && await pipeline.ReadAsync() == Read);
        Assert.Equal([], browser.Errors);
    }

    private static Task FillAsync(IPage page, string label, string text) => page.Locator(".bp5-form-group", new PageLocatorOptions { HasText = label }).First.Locator("input, textarea").First.FillAsync(text);

    private static async Task NextAsync(IPage page, string step)
    {
        var button = page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = $"Next: {step}" });
        await Assertions.Expect(button).ToBeEnabledAsync();
        await button.ClickAsync();
    }

    /// <summary>A supervisor that has read all of its topic; the console is served.</summary>
    private async Task<Pipeline> StartAsync()
    {
        var folder = await UnpackAsync();
        var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.StartAllInOneAsync(4, "--console", folder);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(Read));
        await pipeline.UntilAsync("everything is read", async () => await pipeline.ReadAsync() == Read);
        return pipeline;
    }

    /// <summary>The console's files, from the archive beside the script that starts a Druid.</summary>
    private async Task<string> UnpackAsync()
    {
        var archive = Servers.DruidScript is { Length: > 0 } script ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(script))!, "console.tar.zst") : null;
        Assert.SkipUnless(File.Exists(archive), "needs Druid's web console: there is no console.tar.zst beside the script that DRUID_START names");
        var folder = servers.NewFolder("console");
        Directory.CreateDirectory(folder);
        using var tar = Process.Start("tar", ["--zstd", "-xf", archive!, "-C", folder]);
        await tar.WaitForExitAsync();
        Assert.Equal(0, tar.ExitCode);
        return folder;
    }

    private static string Address(Pipeline pipeline, string view) => new Uri(pipeline.Stack.Client.Address, $"/unified-console.html{view}").AbsoluteUri;

    /// <summary>An item of a row's menu, and what it asks for then.</summary>
    private static async Task ChooseAsync(IPage page, ILocator row, string item, string confirmation)
    {
        await row.Locator(".action-cell .action-icon").Last.ClickAsync();
        await page.Locator(".bp5-menu-item").GetByText(item, new LocatorGetByTextOptions { Exact = true }).ClickAsync();
        var dialog = page.Locator(".bp5-dialog");
        foreach (var understood in await dialog.Locator("label.bp5-control").AllAsync()) await understood.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = confirmation }).ClickAsync();
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
    }

    private static Task UntilSuspendedAsync(Pipeline pipeline, bool suspended) => pipeline.UntilAsync($"suspended is {suspended}", async () =>
        (await pipeline.Stack.Client.StatusAsync(pipeline.Name)).GetProperty("suspended").GetBoolean() == suspended);
}
