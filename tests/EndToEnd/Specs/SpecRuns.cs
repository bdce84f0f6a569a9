using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Ingestion.Embedded;

namespace Ingestion.EndToEnd.Specs;

/// <summary>Who ingests: our overlord and worker, or Druid's.</summary>
public enum Ingester { Ours, Druid }

/// <summary>Runs all cases at the first question, in one go, and keeps what came of each.</summary>
public sealed class SpecRuns
{
    private const int DruidsSlots = 10;
    private const int OurSlots = 12;
    private const int QueriedAtOnce = 4;

    // By default a task asks once a minute whether its segments are served, and does not end before they are.
    private static readonly string DruidsPace = $"-Ddruid.worker.capacity={DruidsSlots + 4} -Ddruid.segment.handoff.pollDuration=PT1S";
    private readonly ConcurrentDictionary<Ingester, Lazy<Task<Dictionary<string, Task<JsonObject>>>>> runs = new();

    /// <exception cref="Exception">What went wrong with this case, or with all.</exception>
    internal async Task<JsonObject> AnswerAsync(Servers servers, Ingester by, SpecCase c, IReadOnlyList<SpecCase> cases) =>
        await (await runs.GetOrAdd(by, _ => new(() => by == Ingester.Druid ? ByDruidAsync(servers, cases) : ByOursAsync(servers, cases))).Value)[c.Name];

    private static async Task<Dictionary<string, Task<JsonObject>>> ByOursAsync(Servers servers, IReadOnlyList<SpecCase> cases)
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync(capacity: OurSlots);
        // They start beside the ingestion: it takes them longer.
        var starting = Druid.StartAsync(pipeline, "zk", "coordinator", "historical", "broker");
        using var ingestion = new SpecIngestion(pipeline, pipeline.Stack.Client, OurSlots);
        await ingestion.ProduceAsync(cases);
        var ingested = await EachAsync(cases, ingestion.IngestAsync);
        await using var druid = await starting;
        await pipeline.Stack.Overlord!.StopAsync();
        await worker.StopAsync();
        return await AskAsync(pipeline, druid, cases, ingested);
    }

    private static async Task<Dictionary<string, Task<JsonObject>>> ByDruidAsync(Servers servers, IReadOnlyList<SpecCase> cases)
    {
        await using var pipeline = await servers.PipelineAsync();
        await using var druid = await Druid.StartAsync(pipeline, [DruidsPace], ["zk", "coordinator", "overlord", "indexer", "historical", "broker"]);
        await pipeline.UntilAsync("Druid's overlord leads", druid.LeadsAsync);
        using var overlord = new OverlordClient(druid.Address("overlord"));
        using var ingestion = new SpecIngestion(pipeline, overlord, DruidsSlots);
        await ingestion.ProduceAsync(cases);
        return await AskAsync(pipeline, druid, cases, await EachAsync(cases, ingestion.IngestAsync));
    }

    private static async Task<Dictionary<string, Task<JsonObject>>> AskAsync(Pipeline pipeline, Druid druid, IReadOnlyList<SpecCase> cases, Dictionary<string, Task<JsonObject>> ingested)
    {
        using var queries = new SpecQueries(pipeline, druid);
        using var slots = new SemaphoreSlim(QueriedAtOnce);
        return await EachAsync(cases, async c =>
        {
            var answer = await ingested[c.Name];
            await slots.WaitAsync();
            try { await queries.AskAsync(c, answer); }
            finally { slots.Release(); }
            return answer;
        });
    }

    /// <summary>All of them, whether some fail or not.</summary>
    private static async Task<Dictionary<string, Task<JsonObject>>> EachAsync(IReadOnlyList<SpecCase> cases, Func<SpecCase, Task<JsonObject>> work)
    {
        var each = cases.ToDictionary(c => c.Name, work, StringComparer.Ordinal);
        await ((Task)Task.WhenAll(each.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return each;
    }
}
