using System.Text.Json.Nodes;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads <c>ioConfig.autoScalerConfig</c> with Druid's names, defaults and checks. What is given is checked even while the scaler is off.</summary>
internal static class AutoScalerConfigReader
{
    public static readonly string[] Common = ["autoScalerStrategy", "enableTaskAutoScaler", "taskCountMax", "taskCountMin", "taskCountStart", "stopTaskCountRatio", "minTriggerScaleActionFrequencyMillis", "minScaleUpDelay", "minScaleDownDelay", "scaleActionPeriodMillis"];
    public static readonly string[] LagBased = ["lagCollectionIntervalMillis", "lagCollectionRangeMillis", "scaleActionStartDelayMillis", "scaleOutThreshold", "scaleInThreshold", "triggerScaleOutFractionThreshold", "triggerScaleInFractionThreshold", "scaleInStep", "scaleOutStep", "lagAggregate"];
    public static readonly string[] CostBased = ["lagWeight", "idleWeight", "optimalTaskIdleRatio", "useTaskCountBoundariesOnScaleUp", "useTaskCountBoundariesOnScaleDown", "scaleDownDuringTaskRolloverOnly", "usePollIdleRatio", "minCostDropPercentForScaling", "criticalLagThreshold"];

    /// <summary>Druid's defaults, in the order in which it serialises them.</summary>
    private const string LagBasedDefaults = """
        {"autoScalerStrategy":"lagBased","enableTaskAutoScaler":false,"taskCountMax":null,"taskCountMin":null,"taskCountStart":null,"lagCollectionIntervalMillis":30000,"lagCollectionRangeMillis":600000,"scaleActionStartDelayMillis":300000,
        "scaleActionPeriodMillis":60000,"scaleOutThreshold":6000000,"scaleInThreshold":1000000,"triggerScaleOutFractionThreshold":0.3,"triggerScaleInFractionThreshold":0.9,"scaleInStep":1,"scaleOutStep":2,
        "minTriggerScaleActionFrequencyMillis":600000,"lagAggregate":null,"stopTaskCountRatio":null}
        """;

    private const string CostBasedDefaults = """
        {"autoScalerStrategy":"costBased","enableTaskAutoScaler":false,"taskCountMax":null,"taskCountMin":null,"scaleActionPeriodMillis":600000,"lagWeight":0.4,"idleWeight":0.6,"optimalTaskIdleRatio":0.25,
        "useTaskCountBoundariesOnScaleUp":false,"useTaskCountBoundariesOnScaleDown":true,"minScaleUpDelay":"PT10M","minScaleDownDelay":"PT30M","scaleDownDuringTaskRolloverOnly":false,"usePollIdleRatio":true,"minCostDropPercentForScaling":0}
        """;

    public static string DefaultsOf(JsonObject given) => (string?)given["autoScalerStrategy"] == AutoScalerConfig.CostBased.Name ? CostBasedDefaults : LagBasedDefaults;

    /// <returns>Null where the scaler is off.</returns>
    public static AutoScalerConfig? Read(SpecNode node)
    {
        var isOn = node.Flag("enableTaskAutoScaler", false);
        var min = Count(node, "taskCountMin", isOn);
        var max = Count(node, "taskCountMax", isOn);
        var start = Count(node, "taskCountStart", required: false);
        if (isOn && min > max) node.Problem("taskCountMax", $"is {max}, less than taskCountMin ({min})");
        else if (isOn && start is { } first && (first < min || first > max)) node.Problem("taskCountStart", $"is {first}: {min} (taskCountMin) to {max} (taskCountMax) is expected");
        var ratio = node.Fraction("stopTaskCountRatio", r => r is > 0 and <= 1, "more than 0 and at most 1");
        AutoScalerConfig config = node.OneOf("autoScalerStrategy", AutoScalerConfig.LagBased.Name, AutoScalerConfig.LagBased.Name, AutoScalerConfig.CostBased.Name) == AutoScalerConfig.CostBased.Name
            ? ReadCostBased(node, min ?? 1, max ?? 1)
            : ReadLagBased(node, min ?? 1, max ?? 1);
        return isOn ? config with { TaskCountStart = start, StopTaskCountRatio = ratio } : null;
    }

    private static AutoScalerConfig.LagBased ReadLagBased(SpecNode node, int min, int max)
    {
        var frequency = node.Millis("minTriggerScaleActionFrequencyMillis", 600_000, 0);
        return new AutoScalerConfig.LagBased
        {
            TaskCountMin = min, TaskCountMax = max,
            MinScaleUpDelay = node.Period("minScaleUpDelay", TimeSpan.Zero) ?? frequency,
            MinScaleDownDelay = node.Period("minScaleDownDelay", TimeSpan.Zero) ?? frequency,
            ScaleActionPeriod = node.Millis("scaleActionPeriodMillis", 60_000, 1),
            ScaleActionStartDelay = node.Millis("scaleActionStartDelayMillis", 300_000, 0),
            LagCollectionInterval = node.Millis("lagCollectionIntervalMillis", 30_000, 1),
            LagCollectionRange = node.Millis("lagCollectionRangeMillis", 600_000, 1),
            ScaleOutThreshold = node.Integer("scaleOutThreshold", 0L) ?? 6_000_000,
            ScaleInThreshold = node.Integer("scaleInThreshold", 0L) ?? 1_000_000,
            TriggerScaleOutFraction = node.Fraction("triggerScaleOutFractionThreshold", f => f >= 0, "at least 0") ?? 0.3,
            TriggerScaleInFraction = node.Fraction("triggerScaleInFractionThreshold", f => f >= 0, "at least 0") ?? 0.9,
            ScaleOutStep = node.Integer("scaleOutStep", 2, 0),
            ScaleInStep = node.Integer("scaleInStep", 1, 0),
            LagAggregate = Enum.Parse<LagAggregate>(node.OneOf("lagAggregate", "SUM", "SUM", "MAX", "AVERAGE"), ignoreCase: true),
        };
    }

    private static AutoScalerConfig.CostBased ReadCostBased(SpecNode node, int min, int max)
    {
        node.Integer("minTriggerScaleActionFrequencyMillis", -1L);
        var defaults = new AutoScalerConfig.CostBased { TaskCountMin = min, TaskCountMax = max, ScaleActionPeriod = default, MinScaleUpDelay = default, MinScaleDownDelay = default };
        return defaults with
        {
            ScaleActionPeriod = node.Millis("scaleActionPeriodMillis", 600_000, 1),
            MinScaleUpDelay = node.Period("minScaleUpDelay", TimeSpan.Zero) ?? TimeSpan.FromMinutes(10),
            MinScaleDownDelay = node.Period("minScaleDownDelay", TimeSpan.Zero) ?? TimeSpan.FromMinutes(30),
            LagWeight = node.Fraction("lagWeight", w => w >= 0, "at least 0") ?? defaults.LagWeight,
            IdleWeight = node.Fraction("idleWeight", w => w >= 0, "at least 0") ?? defaults.IdleWeight,
            OptimalTaskIdleRatio = node.Fraction("optimalTaskIdleRatio", r => r is > 0 and < 1, "more than 0 and less than 1") ?? defaults.OptimalTaskIdleRatio,
            UseTaskCountBoundariesOnScaleUp = node.Flag("useTaskCountBoundariesOnScaleUp", defaults.UseTaskCountBoundariesOnScaleUp),
            UseTaskCountBoundariesOnScaleDown = node.Flag("useTaskCountBoundariesOnScaleDown", defaults.UseTaskCountBoundariesOnScaleDown),
            ScaleDownDuringTaskRolloverOnly = node.Flag("scaleDownDuringTaskRolloverOnly", defaults.ScaleDownDuringTaskRolloverOnly),
            UsePollIdleRatio = node.Flag("usePollIdleRatio", defaults.UsePollIdleRatio),
            MinCostDropPercentForScaling = node.Integer("minCostDropPercentForScaling", defaults.MinCostDropPercentForScaling, 0),
            CriticalLagThreshold = node.Integer("criticalLagThreshold", 1L),
        };
    }

    private static int? Count(SpecNode node, string name, bool required)
    {
        if (required && !node.Has(name)) { node.Problem(name, "is missing: an integer is expected while enableTaskAutoScaler is true"); return null; }
        // Where the scaler is off, Druid writes out 0 for what was not given.
        return node.Has(name) ? node.Integer(name, 1, required ? 1 : 0) : null;
    }
}
