using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

/// <summary>Small installations, and the demo.</summary>
public sealed class AllInOneTests(Servers servers)
{
    [Fact]
    public async Task Overlord_with_worker_in_one_process_publishes_everything()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync("--with-worker", "--capacity", "4", "--deep-storage", pipeline.Stack.DeepStorage, "--work-dir", Path.Combine(pipeline.Folder, "work"));
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(5_000));
        await pipeline.UntilPublishedAsync(5_000);
        Events.AssertExactly(Events.Sample.Take(5_000), await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Demo_publishes_the_sample_with_the_mock_broker_and_leaves_no_process()
    {
        var root = Path.Combine(Path.GetTempPath(), $"ingestion-demo-{Environment.ProcessId}");
        Directory.CreateDirectory(root);
        File.SetUnixFileMode(root, (UnixFileMode)0b111_101_101);
        try
        {
            File.CreateSymbolicLink(Path.Combine(root, "samples"), Path.GetDirectoryName(Sample.Find())!);
            var log = Path.Combine(root, "demo.log");
            var (demo, _) = await ChildProcess.StartAsync(Programs.Embedded, ["demo", root, "--exit"], log, "rows published", TimeSpan.FromSeconds(120),
                new Dictionary<string, string> { ["KAFKA_START"] = "", ["KAFKA_BOOTSTRAP_SERVERS"] = "", ["METADATA_URL"] = "" });
            await using (demo)
            {
                await demo.WaitAsync(TimeSpan.FromSeconds(60));
                var output = await File.ReadAllTextAsync(log);
                Assert.Contains("39,244 rows published", output, StringComparison.Ordinal);
                Assert.Contains("#en.wikipedia", output, StringComparison.Ordinal);
            }
            Assert.Equal([], Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)).Where(p => CommandLine(p).Contains(root, StringComparison.Ordinal)).Select(CommandLine));
        }
        finally { Directory.Delete(root, recursive: true); }
    }

    private static string CommandLine(string process)
    {
        try { return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' '); }
        catch (IOException) { return ""; } // it has just ended
    }
}
