using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class AutoScalerConfigTests
{
    [Fact]
    public void Lag_based_scaler_has_druids_defaults() =>
        Assert.Equal(new AutoScalerConfig.LagBased
        {
            TaskCountMin = 1, TaskCountMax = 4, ScaleActionPeriod = TimeSpan.FromMinutes(1), MinScaleUpDelay = TimeSpan.FromMinutes(10), MinScaleDownDelay = TimeSpan.FromMinutes(10), ScaleActionStartDelay = TimeSpan.FromMinutes(5),
            LagCollectionInterval = TimeSpan.FromSeconds(30), LagCollectionRange = TimeSpan.FromMinutes(10), ScaleOutThreshold = 6_000_000, ScaleInThreshold = 1_000_000, TriggerScaleOutFraction = 0.3, TriggerScaleInFraction = 0.9,
            ScaleOutStep = 2, ScaleInStep = 1, LagAggregate = LagAggregate.Sum,
        }, Read(""" "taskCountMin":1,"taskCountMax":4 """).IoConfig.AutoScaler);

    [Fact]
    public void Cost_based_scaler_has_druids_defaults() =>
        Assert.Equal(new AutoScalerConfig.CostBased
        {
            TaskCountMin = 1, TaskCountMax = 4, ScaleActionPeriod = TimeSpan.FromMinutes(10), MinScaleUpDelay = TimeSpan.FromMinutes(10), MinScaleDownDelay = TimeSpan.FromMinutes(30), LagWeight = 0.4, IdleWeight = 0.6,
            OptimalTaskIdleRatio = 0.25, UseTaskCountBoundariesOnScaleUp = false, UseTaskCountBoundariesOnScaleDown = true, ScaleDownDuringTaskRolloverOnly = false, UsePollIdleRatio = true, MinCostDropPercentForScaling = 0,
        }, Read(""" "autoScalerStrategy":"costBased","taskCountMin":1,"taskCountMax":4 """).IoConfig.AutoScaler);

    [Fact]
    public void What_is_given_is_read()
    {
        var lagBased = (AutoScalerConfig.LagBased)Read("""
            "autoScalerStrategy":"lagBased","taskCountMin":2,"taskCountMax":9,"taskCountStart":3,"stopTaskCountRatio":0.5,"minTriggerScaleActionFrequencyMillis":7000,"minScaleUpDelay":"PT1S","lagCollectionIntervalMillis":"1000",
            "lagCollectionRangeMillis":5000,"scaleActionStartDelayMillis":0,"scaleActionPeriodMillis":2000,"scaleOutThreshold":5,"scaleInThreshold":1,"triggerScaleOutFractionThreshold":0.1,"triggerScaleInFractionThreshold":0.2,
            "scaleInStep":3,"scaleOutStep":4,"lagAggregate":"average"
            """).IoConfig.AutoScaler!;
        Assert.Equal((2, 9, (int?)3, (double?)0.5, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(7), 6), (lagBased.TaskCountMin, lagBased.TaskCountMax, lagBased.TaskCountStart, lagBased.StopTaskCountRatio, lagBased.MinScaleUpDelay, lagBased.MinScaleDownDelay, lagBased.Samples));
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(2), 5L, 1L, 0.1, 0.2, 3, 4, LagAggregate.Average),
            (lagBased.ScaleActionStartDelay, lagBased.ScaleActionPeriod, lagBased.ScaleOutThreshold, lagBased.ScaleInThreshold, lagBased.TriggerScaleOutFraction, lagBased.TriggerScaleInFraction, lagBased.ScaleInStep, lagBased.ScaleOutStep, lagBased.LagAggregate));
        var costBased = (AutoScalerConfig.CostBased)Read("""
            "autoScalerStrategy":"costBased","taskCountMin":1,"taskCountMax":4,"scaleActionPeriodMillis":60000,"lagWeight":0.6,"idleWeight":0.4,"optimalTaskIdleRatio":0.3,"minScaleUpDelay":"PT5M","minScaleDownDelay":"PT10M",
            "useTaskCountBoundariesOnScaleUp":true,"useTaskCountBoundariesOnScaleDown":false,"scaleDownDuringTaskRolloverOnly":true,"usePollIdleRatio":false,"minCostDropPercentForScaling":10,"criticalLagThreshold":500000
            """).IoConfig.AutoScaler!;
        Assert.Equal(new AutoScalerConfig.CostBased
        {
            TaskCountMin = 1, TaskCountMax = 4, ScaleActionPeriod = TimeSpan.FromMinutes(1), MinScaleUpDelay = TimeSpan.FromMinutes(5), MinScaleDownDelay = TimeSpan.FromMinutes(10), LagWeight = 0.6, IdleWeight = 0.4,
            OptimalTaskIdleRatio = 0.3, UseTaskCountBoundariesOnScaleUp = true, UseTaskCountBoundariesOnScaleDown = false, ScaleDownDuringTaskRolloverOnly = true, UsePollIdleRatio = false, MinCostDropPercentForScaling = 10, CriticalLagThreshold = 500_000,
        }, costBased);
    }

    [Theory]
    [InlineData(""" "taskCountMax":4 """, "taskCountMin")]
    [InlineData(""" "taskCountMin":1 """, "taskCountMax")]
    [InlineData(""" "taskCountMin":0,"taskCountMax":4 """, "taskCountMin")]
    [InlineData(""" "taskCountMin":5,"taskCountMax":4 """, "taskCountMax")]
    [InlineData(""" "taskCountMin":2,"taskCountMax":4,"taskCountStart":1 """, "taskCountStart")]
    [InlineData(""" "taskCountMin":2,"taskCountMax":4,"taskCountStart":5 """, "taskCountStart")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"stopTaskCountRatio":0 """, "stopTaskCountRatio")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"stopTaskCountRatio":1.1 """, "stopTaskCountRatio")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"bogus" """, "autoScalerStrategy")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"lagAggregate":"MEDIAN" """, "lagAggregate")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"lagCollectionIntervalMillis":0 """, "lagCollectionIntervalMillis")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"scaleActionPeriodMillis":9999999999999 """, "scaleActionPeriodMillis")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"scaleOutThreshold":"many" """, "scaleOutThreshold")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"triggerScaleInFractionThreshold":"NaN" """, "triggerScaleInFractionThreshold")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"scaleInStep":-1 """, "scaleInStep")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"costBased","lagWeight":-0.1 """, "lagWeight")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"costBased","idleWeight":-1 """, "idleWeight")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"costBased","optimalTaskIdleRatio":1 """, "optimalTaskIdleRatio")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"costBased","optimalTaskIdleRatio":0 """, "optimalTaskIdleRatio")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"costBased","minScaleUpDelay":"PT-5S" """, "minScaleUpDelay")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"costBased","criticalLagThreshold":0 """, "criticalLagThreshold")]
    [InlineData(""" "taskCountMin":1,"taskCountMax":4,"autoScalerStrategy":"costBased","minCostDropPercentForScaling":-1 """, "minCostDropPercentForScaling")]
    public void Each_mistake_is_named_with_its_path(string members, string name) =>
        Assert.Equal([$"$.spec.ioConfig.autoScalerConfig.{name}"], SupervisorSpec.Read(Json(members)).Problems.Select(p => p.Path));

    [Fact]
    public void Scaler_that_is_off_needs_no_bounds_but_its_members_are_checked_all_the_same()
    {
        var off = SupervisorSpec.Read(Json(""" "taskCountMin":0 """, isOn: false, taskCount: "\"taskCount\":3,")).Spec!;
        Assert.Equal((null, 3), (off.IoConfig.AutoScaler, off.IoConfig.TaskCount));
        Assert.Equal(["$.spec.ioConfig.autoScalerConfig.stopTaskCountRatio"], SupervisorSpec.Read(Json(""" "stopTaskCountRatio":2 """, isOn: false)).Problems.Select(p => p.Path));
    }

    [Fact]
    public void Task_count_is_the_start_then_the_minimum_where_the_spec_does_not_say()
    {
        Assert.Equal((2, false), Counts(Read(""" "taskCountMin":2,"taskCountMax":4 """)));
        Assert.Equal((3, false), Counts(Read(""" "taskCountMin":2,"taskCountMax":4,"taskCountStart":3 """)));
        Assert.Equal((4, true), Counts(Read(""" "taskCountMin":2,"taskCountMax":4,"taskCountStart":3 """, "\"taskCount\":4,")));
        Assert.Equal(2, (int)JsonNode.Parse(Read(""" "taskCountMin":2,"taskCountMax":4 """).Json)!["ioConfig"]!["taskCount"]!);
    }

    [Theory]
    [InlineData("\"taskCount\":4,", true, 8, 4)]
    [InlineData("", true, 8, 8)]
    [InlineData("", false, 0, 2)]
    [InlineData("\"taskCount\":4,", false, 0, 4)]
    public void Posted_spec_keeps_the_stored_task_count_unless_it_states_its_own(string taskCount, bool isStored, int stored, int expected)
    {
        var posted = Read(""" "taskCountMin":2,"taskCountMax":4 """, taskCount);
        Assert.Equal(expected, posted.MergedWith(isStored ? Read(""" "taskCountMin":2,"taskCountMax":4 """).WithTaskCount(stored) : null).IoConfig.TaskCount);
        var starting = Read(""" "taskCountMin":2,"taskCountMax":4,"taskCountStart":3 """, taskCount);
        Assert.Equal(3, starting.MergedWith(isStored ? Read(""" "taskCountMin":2,"taskCountMax":4 """).WithTaskCount(stored) : null).IoConfig.TaskCount);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    public void Ratio_of_groups_that_may_stop_is_rounded_down_and_beats_stopTaskCount(int taskCount, int expected) =>
        Assert.Equal(expected, Read(""" "taskCountMin":1,"taskCountMax":5,"stopTaskCountRatio":0.5 """, $"\"stopTaskCount\":5,\"taskCount\":{taskCount},").IoConfig.StopTaskCount);

    [Theory]
    [InlineData("lagBased", "\"scaleOutStep\":2,\"lagCollectionIntervalMillis\":30000")]
    [InlineData("costBased", "\"lagWeight\":0.4,\"minScaleUpDelay\":\"PT10M\"")]
    public void Canonical_form_has_the_defaults_written_out_and_is_its_own(string strategy, string defaults)
    {
        var members = $"\"autoScalerStrategy\":\"{strategy}\",\"taskCountMin\":1,\"taskCountMax\":4";
        Assert.Equal(Read(members).Json, Read($"{members},{defaults}").Json);
        Assert.Equal(Read(members).Json, SupervisorSpec.Read(Read(members).Json).Spec!.Json);
    }

    [Fact]
    public void Option_that_is_not_known_is_named_as_without_effect() =>
        Assert.Equal(["$.spec.ioConfig.autoScalerConfig.highLagCostFactor: is kept and has no effect here"],
            UnhonouredFields.Of(JsonDocument.Parse(Json(""" "taskCountMin":1,"taskCountMax":4,"highLagCostFactor":8 """)).RootElement).Select(p => p.ToString()));

    private static (int, bool) Counts(SupervisorSpec spec) => (spec.IoConfig.TaskCount, spec.StatesTaskCount);

    private static SupervisorSpec Read(string members, string taskCount = "")
    {
        var reading = SupervisorSpec.Read(Json(members, taskCount: taskCount));
        Assert.Empty(reading.Problems);
        return reading.Spec!;
    }

    private static string Json(string members, bool isOn = true, string taskCount = "") => $$$"""
        {"type":"kafka","spec":{
          "dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page"]},"granularitySpec":{}},
          "ioConfig":{"topic":"wiki",{{{taskCount}}}"inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"k:9092"},"autoScalerConfig":{"enableTaskAutoScaler":{{{(isOn ? "true" : "false")}}},{{{members}}}}},
          "tuningConfig":{"type":"kafka"} } }
        """;
}
