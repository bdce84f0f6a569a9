using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Selection;
using Ingestion.Overlord.Tests.Metadata;

namespace Ingestion.Overlord.Tests.Tasks;

/// <summary>Druid's select strategies as tables: workers as NAME:USED/CAPACITY:CATEGORY, and where the next task goes.</summary>
public sealed class SelectStrategyTests
{
    [Theory]
    // The most free slots, or the most used ones; ties go to the lowest node id; full ones are out of question.
    [InlineData("""{"type":"equalDistribution"}""", "a:1/4 b:0/2 c:2/9", "c")]
    [InlineData("""{"type":"equalDistribution"}""", "a:2/4 b:0/2 c:1/3", "a")]
    [InlineData("""{"type":"fillCapacity"}""", "a:1/4 b:0/2 c:2/9", "c")]
    [InlineData("""{"type":"fillCapacity"}""", "a:2/4 b:3/9 c:1/3", "b")]
    [InlineData("""{"type":"fillCapacity"}""", "a:4/4 b:0/9 c:0/3", "b")]
    [InlineData("""{"type":"fillCapacity"}""", "a:1/1 b:2/2", null)]
    // A dataSource's own workers first; then, unless strong, those that are nobody's.
    [InlineData("""{"type":"equalDistribution","affinityConfig":{"affinity":{"$":["a:8091"]}}}""", "a:3/4 b:0/4", "a")]
    [InlineData("""{"type":"equalDistribution","affinityConfig":{"affinity":{"$":["a:8091"]}}}""", "a:4/4 b:0/4", "b")]
    [InlineData("""{"type":"equalDistribution","affinityConfig":{"affinity":{"$":["a:8091"]},"strong":true}}""", "a:4/4 b:0/4", null)]
    [InlineData("""{"type":"equalDistribution","affinityConfig":{"affinity":{"$":["a:8091"],"other":["b:8091"]}}}""", "a:4/4 b:0/4 c:1/2", "c")]
    [InlineData("""{"type":"equalDistribution","affinityConfig":{"affinity":{"other":["b:8091"]}}}""", "a:3/4 b:0/4", "a")]
    [InlineData("""{"type":"equalDistribution","affinityConfig":{"affinity":{"other":["b:8091"]},"strong":true}}""", "a:4/4 b:0/4", null)]
    [InlineData("""{"type":"fillCapacityWithAffinity","affinityConfig":{"affinity":{"$":["a:8091","c:8091"]}}}""", "a:0/4 b:3/4 c:1/4", "c")]
    [InlineData("""{"type":"equalDistributionWithAffinity","affinityConfig":{"affinity":{"$":["a:8091","c:8091"]}}}""", "a:1/4 b:0/4 c:0/4", "c")]
    [InlineData("""{"type":"equalDistribution","affinityConfig":{"affinity":{"$":[]},"strong":true}}""", "a:0/4", null)]
    // The category of the task's type and dataSource first; then, unless strong, any.
    [InlineData("""{"type":"equalDistributionWithCategorySpec","workerCategorySpec":{"categoryMap":{"index_kafka":{"defaultCategory":"c1"}}}}""", "a:3/4:c1 b:0/4:c2", "a")]
    [InlineData("""{"type":"equalDistributionWithCategorySpec","workerCategorySpec":{"categoryMap":{"index_kafka":{"defaultCategory":"c1"}}}}""", "a:4/4:c1 b:0/4:c2", "b")]
    [InlineData("""{"type":"equalDistributionWithCategorySpec","workerCategorySpec":{"categoryMap":{"index_kafka":{"defaultCategory":"c1"}},"strong":true}}""", "a:4/4:c1 b:0/4:c2", null)]
    [InlineData("""{"type":"fillCapacityWithCategorySpec","workerCategorySpec":{"categoryMap":{"index_kafka":{"defaultCategory":"c1","categoryAffinity":{"$":"c2"}}}}}""", "a:3/4:c1 b:0/4:c2 c:1/4:c2", "c")]
    [InlineData("""{"type":"fillCapacityWithCategorySpec","workerCategorySpec":{"categoryMap":{"index_kafka":{"categoryAffinity":{"other":"c2"}}},"strong":true}}""", "a:3/4:c1 b:0/4:c2", "a")]
    [InlineData("""{"type":"equalDistributionWithCategorySpec","workerCategorySpec":{"categoryMap":{"compact":{"defaultCategory":"c1"}},"strong":true}}""", "a:3/4:c1 b:0/4:c2", "b")]
    [InlineData("""{"type":"equalDistributionWithCategorySpec","workerCategorySpec":null}""", "a:3/4:c1 b:0/4:c2", "b")]
    public void Task_goes_where_druids_strategy_sends_it(string strategy, string workers, string? chosen)
    {
        var now = MetadataWorld.Noon;
        var task = MetadataWorld.Payload("next");
        var board = new TaskBoard { Strategy = Read($$"""{"selectStrategy":{{strategy.Replace("$", task.DataSource, StringComparison.Ordinal)}}}""") };
        foreach (var (name, used, capacity, category) in workers.Split(' ').Select(Worker))
        {
            board.Follow(name, $"http://{name}:8091/", new TaskLocation { Host = name, Port = 8091 }, category);
            board.Answered(new WorkerState { NodeId = name, BootId = "boot", Counter = 1, Capacity = capacity, Tasks = [.. Enumerable.Range(0, used).Select(i => new TaskReport { Id = $"{name}{i}", Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading })] }, now);
        }
        board.Start(task, now);
        Assert.Equal(chosen, board.Place(now).Placed.SingleOrDefault()?.NodeId);
    }

    [Fact]
    public void Worker_that_a_strategy_excludes_is_told_why()
    {
        var now = MetadataWorld.Noon;
        var task = MetadataWorld.Payload("next");
        string WaitingFor(string strategy)
        {
            var board = new TaskBoard { Strategy = Read($$"""{"selectStrategy":{{strategy.Replace("$", task.DataSource, StringComparison.Ordinal)}}}""") };
            board.Follow("a", "http://a:8091/", new TaskLocation { Host = "a", Port = 8091 });
            board.Answered(new WorkerState { NodeId = "a", BootId = "boot", Counter = 1, Capacity = 1, Tasks = [] }, now);
            board.Start(task, now);
            return board.Place(now).Waiting.Single().WaitingFor!;
        }
        Assert.Equal($"worker [a] at http://a:8091/: is reserved for other dataSources than [{task.DataSource}] (affinityConfig)", WaitingFor("""{"type":"fillCapacity","affinityConfig":{"affinity":{"other":["a:8091"]}}}"""));
        Assert.Equal($"worker [a] at http://a:8091/: is not among the workers of dataSource [{task.DataSource}] (affinityConfig, strong)", WaitingFor("""{"type":"fillCapacity","affinityConfig":{"affinity":{"$":["b:8091"]},"strong":true}}"""));
        Assert.Equal("worker [a] at http://a:8091/: is not of category [c1] (workerCategorySpec, strong)", WaitingFor("""{"type":"fillCapacityWithCategorySpec","workerCategorySpec":{"categoryMap":{"index_kafka":{"defaultCategory":"c1"}},"strong":true}}"""));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"type":"default","selectStrategy":null,"autoScaler":null}""")]
    [InlineData("""{"selectStrategy":{"type":"equalDistribution","affinityConfig":null,"taskLimits":{"maxSlotCountByType":{},"maxSlotRatioByType":{} } } }""")]
    public void Config_that_says_nothing_else_is_druids_default(string config) => Assert.Equal(SelectStrategy.Default, Read(config));

    [Theory]
    [InlineData("[]", "$")]
    [InlineData("""{"type":"categoried"}""", "$.type")]
    [InlineData("""{"autoScaler":{"type":"gce"}}""", "$.autoScaler")]
    [InlineData("""{"selectStrategy":"fillCapacity"}""", "$.selectStrategy")]
    [InlineData("""{"selectStrategy":{"type":"javascript","function":"x"}}""", "$.selectStrategy.type")]
    [InlineData("""{"selectStrategy":{"type":"fillCapacityWithTierSpec"}}""", "$.selectStrategy.type")]
    [InlineData("""{"selectStrategy":{"type":"fillCapacity","taskLimits":{"maxSlotCountByType":{"index_kafka":3}}}}""", "$.selectStrategy.taskLimits")]
    [InlineData("""{"selectStrategy":{"type":"fillCapacity","affinityConfig":{"affinity":{"x":"a:1"},"strong":1}}}""", "$.selectStrategy.affinityConfig.affinity.x", "$.selectStrategy.affinityConfig.strong")]
    [InlineData("""{"selectStrategy":{"type":"fillCapacityWithCategorySpec","workerCategorySpec":{"categoryMap":{"x":{"defaultCategory":1,"categoryAffinity":{"y":2}},"z":3}}}}""",
        "$.selectStrategy.workerCategorySpec.categoryMap.x.categoryAffinity.y", "$.selectStrategy.workerCategorySpec.categoryMap.x.defaultCategory", "$.selectStrategy.workerCategorySpec.categoryMap.z")]
    public void Config_without_effect_or_sense_is_refused_with_the_paths(string config, params string[] paths)
    {
        var problems = new List<SpecProblem>();
        using var json = JsonDocument.Parse(config);
        Assert.Null(WorkerBehavior.Read(json.RootElement, problems));
        Assert.Equal(paths, problems.Select(p => p.Path));
    }

    private static SelectStrategy Read(string config)
    {
        var problems = new List<SpecProblem>();
        using var json = JsonDocument.Parse(config);
        return WorkerBehavior.Read(json.RootElement, problems) ?? throw new FormatException(string.Join("; ", problems));
    }

    private static (string Name, int Used, int Capacity, string Category) Worker(string text)
    {
        var parts = text.Split(':', '/');
        return (parts[0], int.Parse(parts[1]), int.Parse(parts[2]), parts.Length > 3 ? parts[3] : AnnouncedService.DefaultCategory);
    }
}
