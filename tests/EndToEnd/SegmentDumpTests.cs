using System.Diagnostics;
using System.Text.Json;
using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

public sealed class SegmentDumpTests(Servers servers)
{
    [Fact]
    public async Task Dump_segment_prints_the_rows_of_a_published_segment_as_json_lines()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(1_000));
        await pipeline.SuspendAsync(1_000);
        var rows = new List<IReadOnlyDictionary<string, object?>>();
        foreach (var path in await pipeline.SegmentPathsAsync()) rows.AddRange(await DumpAsync(path));
        Events.AssertExactly(Events.Sample.Take(1_000), rows);
    }

    /// <summary>The rows that the command prints.</summary>
    internal static async Task<IEnumerable<IReadOnlyDictionary<string, object?>>> DumpAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Programs.Worker, ["dump-segment", .. arguments]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Row);
    }

    private static IReadOnlyDictionary<string, object?> Row(string json) => JsonDocument.Parse(json).RootElement.EnumerateObject().ToDictionary(c => c.Name, c => c.Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Number => c.Value.GetInt64(),
        _ => (object?)c.Value.GetString(),
    });
}
