using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Npgsql;

namespace Ingestion.Bench;

/// <summary><c>bench/scaling</c>: how throughput changes with the number of tasks, of dimensions and of a dimension's distinct values; each as a ratio within the run.</summary>
internal static class ScalingBench
{
    private const int Partitions = 2, Rounds = 3, WideEvents = 300_000, WideBytes = 1_500, DistinctEvents = 1_000_000;
    private const double TasksGoal = 1.7, DimensionsGoal = 0.8, CardinalityGoal = 0.5;

    public static async Task<int> RunAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        await world.FillAsync(Inputs.Wikipedia, Partitions, Inputs.Of(Inputs.Wikipedia));
        var tasks = await CompareAsync(world, new Run("task1", Workload.Raw(Inputs.Wikipedia), Inputs.Events), new Run("task2", Workload.Raw(Inputs.Wikipedia), Inputs.Events, Tasks: 2), (_, f) => f.Events / f.ReadingWallSeconds);
        var wide = await OfAsync(world, "wide", Wide(100, WideBytes, WideEvents));
        var dimensions = await CompareAsync(world, await OfAsync(world, "narrow", Wide(10, WideBytes / 10, WideEvents * 10)), wide, (run, f) => run.Dimensions * f.Events / f.CpuSeconds);
        var values = await CompareAsync(world, await OfAsync(world, "long_values", Wide(10, WideBytes, WideEvents)), wide, PerCpu);
        var cardinality = await CompareAsync(world, await OfAsync(world, "values1000", Distinct(1_000)), await OfAsync(world, "values1000000", Distinct(1_000_000)), PerCpu);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            tasks_2_to_1 = tasks.Json, dimensions_100_to_10 = dimensions.Json, values_100_to_10 = values.Json, distinct_values_1000000_to_1000 = cardinality.Json,
        }));
        return tasks.Ratio >= TasksGoal && dimensions.Ratio >= DimensionsGoal && cardinality.Ratio >= CardinalityGoal ? 0 : 1;
    }

    private static double PerCpu(Run run, IngestRun.Figures figures) => figures.Events / figures.CpuSeconds;

    /// <summary>In turn, several times, so that what else the machine does meets both.</summary>
    private static async Task<(double Ratio, object Json)> CompareAsync(BenchWorld world, Run first, Run second, Func<Run, IngestRun.Figures, double> throughput)
    {
        var (firsts, seconds) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            firsts.Add(throughput(first, await IngestAsync(world, first, round)));
            seconds.Add(throughput(second, await IngestAsync(world, second, round)));
        }
        var (one, other) = (Figures.Median(firsts), Figures.Median(seconds));
        BenchWorld.Progress($"{second.Name} to {first.Name}: {other:N0} to {one:N0} a second, ratio {other / one:0.00}");
        return (other / one, new { ratio = Math.Round(other / one, 2), first = Math.Round(one), second = Math.Round(other) });
    }

    private static async Task<IngestRun.Figures> IngestAsync(BenchWorld world, Run run, int round)
    {
        var folder = Path.Combine(world.Folder, $"{run.Name}_{round}");
        try { return await IngestAsync(world, run, folder); }
        finally { Directory.Delete(folder, recursive: true); } // all rounds together would fill a disk
    }

    private static async Task<IngestRun.Figures> IngestAsync(BenchWorld world, Run run, string folder)
    {
        var name = Path.GetFileName(folder);
        var connection = await world.DatabaseAsync(name);
        await using var database = NpgsqlDataSource.Create(connection);
        await using var stack = new Stack(folder, connection, Path.Combine(folder, "segments"));
        await stack.StartOverlordAsync();
        var worker = new MeasuredProcess((await stack.StartWorkerAsync()).Id);
        var spec = run.Workload.Spec(name, run.Workload.Input, world.Kafka.BootstrapServers);
        spec["spec"]!["ioConfig"]!["taskCount"] = run.Tasks;
        var figures = await IngestRun.MeasureAsync(stack.Client, name, spec.ToJsonString(), run.Events, database, () => worker, run.Tasks);
        var (stored, _, _) = await BenchWorld.SegmentTotalsAsync(database, name);
        if (stored != run.Events) throw new InvalidOperationException($"{name}: the segments hold {stored} rows of {run.Events}");
        BenchWorld.Progress($"{name}: {figures.Events / figures.CpuSeconds:N0} events per CPU-second from start to published, {figures.Events / figures.ReadingWallSeconds:N0} a second while reading");
        return figures;
    }

    private static async Task<Run> OfAsync(BenchWorld world, string topic, (int Dimensions, int Events, IEnumerable<byte[]> All) input)
    {
        await world.FillAsync(topic, Partitions, input.All);
        return new Run(topic, new Workload(topic, topic, JsonNode.Parse($$"""
            {"dataSource":"x","timestampSpec":{"column":"time","format":"millis"},"dimensionsSpec":{"dimensions":[{{string.Join(',', Enumerable.Range(0, input.Dimensions).Select(d => $"\"d{d:00}\""))}}]},"metricsSpec":[],
             "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false} }
            """)!), input.Events, Dimensions: input.Dimensions);
    }

    /// <summary>Events of so many bytes each, which the dimensions share evenly. Each dimension has 200 distinct values.</summary>
    private static (int, int, IEnumerable<byte[]>) Wide(int dimensions, int bytes, int events)
    {
        const int around = 9; // "d00":"",
        var length = bytes / dimensions - around;
        var values = Enumerable.Range(0, 200).Select(v => $"{v}".PadRight(length, 'x')).ToArray();
        return (dimensions, events, Generate(events, (random, _) =>
        {
            var text = new StringBuilder();
            for (var d = 0; d < dimensions; d++) text.Append($",\"d{d:00}\":\"{values[random.Next(values.Length)]}\"");
            return text.ToString();
        }));
    }

    /// <summary>Ten dimensions, of which one has so many distinct values, all of which occur.</summary>
    private static (int, int, IEnumerable<byte[]>) Distinct(int values) => (10, DistinctEvents, Generate(DistinctEvents, (random, number) =>
    {
        const long stride = 611_953; // prime: neighbours are far apart
        var text = new StringBuilder($",\"d00\":\"value {number * stride % values:0000000}\"");
        for (var d = 1; d < 10; d++) text.Append($",\"d{d:00}\":\"some text {random.Next(100):00}\"");
        return text.ToString();
    }));

    private static IEnumerable<byte[]> Generate(int count, Func<Random, int, string> fields)
    {
        const long start = 1_442_016_000_000; // 2015-09-12T00:00:00Z
        var random = new Random(20150912);
        for (var number = 0; number < count; number++) yield return Encoding.UTF8.GetBytes($"{{\"time\":{start + number * 80L}{fields(random, number)}}}");
    }

    /// <param name="Name">Letters, digits and underscores: databases are called by it.</param>
    private sealed record Run(string Name, Workload Workload, int Events, int Tasks = 1, int Dimensions = 1);
}
