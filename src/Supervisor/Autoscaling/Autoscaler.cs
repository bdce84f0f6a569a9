using Ingestion.Contracts.Specs;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Planning;
using Ingestion.Supervisor.Status;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Autoscaling;

/// <summary>Druid's auto-scaler, by the clock of the steps: measures lag, asks its strategy for a task count and, where nothing speaks against it, makes it the
/// spec's. Groups whose partitions are then shared out otherwise end in step, and new ones go on from their end offsets.</summary>
internal static class Autoscaler
{
    // Druid's words, which are the values of a dimension of its metric task/autoScaler/requiredCount.
    public const string Unknown = "Auto-scaler failed to compute a task count", AtMost = "Already at max task count", AtLeast = "Already at min task count", Pending = "There are tasks pending completion", TooEarly = "Scale cooldown not elapsed yet";

    public static void Run(Draft draft)
    {
        if (draft.Spec.IoConfig.AutoScaler is not { } config || !MayScale(draft.State))
        {
            if (draft.State.Scaling.Since is not null) draft.State = draft.State with { Scaling = draft.State.Scaling.Stopped() };
            return;
        }
        if (draft.State.Scaling.Since is null) Begin(draft, config);
        if (config is AutoScalerConfig.LagBased lagBased && draft.Now >= draft.State.Scaling.NextSampleAt) Measure(draft, lagBased);
        var isNewlyDue = config is AutoScalerConfig.CostBased { ScaleDownDuringTaskRolloverOnly: true } && NoteWhoIsDue(draft);
        if (isNewlyDue || draft.Now >= draft.State.Scaling.NextEvaluationAt) Evaluate(draft, config, isRollover: draft.State.Scaling.DueGroups.Count > 0);
    }

    /// <summary>A group that stopTaskCount holds back is due at each step, and calls for an evaluation only at the first.</summary>
    /// <returns>Whether a group is due that was not.</returns>
    private static bool NoteWhoIsDue(Draft draft)
    {
        var before = draft.State.Scaling.DueGroups;
        var due = new ValueList<int>(draft.State.Reading.Values.Where(g => Rollover.DueAt(draft.State, g) <= draft.Now).Select(g => g.Key));
        if (due != before) draft.State = draft.State with { Scaling = draft.State.Scaling with { DueGroups = due } };
        return due.Any(key => !before.Contains(key));
    }

    /// <summary>Suspended, terminated and idle supervisors are left as they are.</summary>
    public static bool MayScale(SupervisorState state) => state.MayStartTasks && !state.IsIdle;

    /// <summary>What strategies call the present task count: groups without partitions do not exist.</summary>
    public static int CurrentTaskCount(SupervisorState state) => Math.Min(state.Spec!.IoConfig.TaskCount, Math.Max(1, state.Stream.Present.Count()));

    private static void Begin(Draft draft, AutoScalerConfig config)
    {
        var firstSample = config is AutoScalerConfig.LagBased lag ? draft.Now + lag.ScaleActionStartDelay : DateTimeOffset.MaxValue;
        var firstEvaluation = config is AutoScalerConfig.LagBased { LagCollectionRange: var range } ? firstSample + range : draft.Now + config.ScaleActionPeriod;
        draft.State = draft.State with { Scaling = draft.State.Scaling.Stopped() with { Since = draft.Now, NextSampleAt = firstSample, NextEvaluationAt = firstEvaluation } };
    }

    private static void Measure(Draft draft, AutoScalerConfig.LagBased config)
    {
        var scaling = draft.State.Scaling;
        // While Kafka does not answer, what is known of the stream grows old, and lag looks smaller than it is.
        var lags = draft.State.Stream.Failures == 0 && SupervisorStatus.LagOf(draft.State) is { } lag ? scaling.Lags.With(LagBasedScaling.Sample(config.LagAggregate, lag)).Last(config.Samples) : scaling.Lags;
        draft.State = draft.State with { Scaling = scaling with { Lags = lags, NextSampleAt = Next(scaling.NextSampleAt, config.LagCollectionInterval, draft.Now) } };
    }

    /// <param name="isRollover">Groups end anyway, so taskCount may be lowered, and may be changed while others publish.</param>
    private static void Evaluate(Draft draft, AutoScalerConfig config, bool isRollover)
    {
        var scaling = draft.State.Scaling with { NextEvaluationAt = Next(draft.State.Scaling.NextEvaluationAt, config.ScaleActionPeriod, draft.Now) };
        draft.State = draft.State with { Scaling = scaling };
        var current = CurrentTaskCount(draft.State);
        var wish = config switch
        {
            AutoScalerConfig.CostBased costBased => WishByCost(draft, costBased),
            AutoScalerConfig.LagBased lagBased => LagBasedScaling.Evaluate(lagBased, scaling.Lags, current),
            _ => throw new InvalidOperationException($"no way to scale by {config.Strategy}"),
        };
        if (!isRollover && config is AutoScalerConfig.CostBased { ScaleDownDuringTaskRolloverOnly: true } && wish.TaskCount > 0 && wish.TaskCount < current)
            wish = wish with { TaskCount = current, Why = $"{wish.Why}; taskCount is lowered only at a rollover" };
        Decide(draft, config, wish, isRollover);
    }

    private static Wish WishByCost(Draft draft, AutoScalerConfig.CostBased config)
    {
        var state = draft.State;
        if (!state.Stream.IsSeen || SupervisorStatus.LagOf(state) is not { } lag) return Wish.Unknown("the topic was not seen yet");
        if (state.Stream.Failures > 0) return Wish.Unknown("Kafka does not tell the lag");
        var reports = state.Reading.Values.SelectMany(g => g.Replicas.Values).Where(r => r.IsReading).Select(r => r.Report!).ToList();
        var rates = reports.Select(r => r.ProcessedRate).OfType<double>().ToList();
        if (rates.Count == 0) return Wish.Unknown("no task has told its processing rate yet");
        var idleRatios = reports.Select(r => r.PollIdleRatio).OfType<double>().ToList();
        var highest = Math.Max(state.Scaling.HighestRate, rates.Average());
        draft.State = state with { Scaling = state.Scaling with { HighestRate = highest } };
        var metrics = new CostMetrics(lag.Sum(e => e.Value), CurrentTaskCount(state), state.Stream.Present.Count(), idleRatios.Count == 0 ? null : idleRatios.Average(), state.Spec!.IoConfig.TaskDuration.TotalSeconds, rates.Average(), highest);
        return CostBasedScaling.Evaluate(config, metrics);
    }

    private static void Decide(Draft draft, AutoScalerConfig config, Wish wish, bool isRollover)
    {
        var (current, partitions) = (CurrentTaskCount(draft.State), draft.State.Stream.Present.Count());
        var to = Math.Clamp(wish.TaskCount, Math.Min(config.TaskCountMin, partitions), Math.Min(config.TaskCountMax, partitions));
        var skipReason = wish.TaskCount <= 0 || partitions == 0 ? Unknown
            : to == current ? wish.TaskCount > current ? AtMost : wish.TaskCount < current ? AtLeast : null
            : draft.State.Adoptees.Count > 0 || (!isRollover && (draft.State.Publishing.Count > 0 || draft.State.Reading.Values.Any(g => g.EndReason is not null))) ? Pending
            : draft.Now < MayActAt(draft.State, config, isUp: to > current) ? TooEarly
            : null;
        draft.State = draft.State with { Scaling = draft.State.Scaling with { LastDecision = new ScaleDecision(draft.Now, Math.Max(0, wish.TaskCount), current, skipReason, wish.Why, wish.Cost) } };
        if (skipReason is null && to != current) Change(draft, to, wish.Why);
    }

    /// <summary>When a change in that direction is allowed again.</summary>
    public static DateTimeOffset MayActAt(SupervisorState state, AutoScalerConfig config, bool isUp) =>
        state.Scaling.LastAction is { At: var last } ? last + (isUp ? config.MinScaleUpDelay : config.MinScaleDownDelay) : DateTimeOffset.MinValue;

    private static void Change(Draft draft, int to, string why)
    {
        var from = draft.Spec.IoConfig.TaskCount;
        var spec = draft.Spec.WithTaskCount(to);
        draft.Records.Add(new Record.AppendSpec(spec));
        draft.State = draft.State with { Spec = spec, Scaling = draft.State.Scaling with { Lags = ValueList<long>.Empty, LastAction = new ScaleAction(draft.Now, from, to, why) } };
        foreach (var group in draft.State.Reading.Values.Where(g => g.EndReason is null && !Creation.PartitionsOf(draft.State, g.Id).SequenceEqual(g.Start.Partitions)).ToList()) draft.Put(group with { EndReason = $"the auto-scaler changes taskCount from {from} to {to}" });
    }

    /// <summary>A change of taskCount is done when the groups that it ended have their ends.</summary>
    public static void NoteWhatIsDone(Draft draft)
    {
        if (draft.State.Scaling.LastAction is not { DoneAt: null } action || draft.State.Reading.Values.Any(g => g.EndReason is not null)) return;
        draft.State = draft.State with { Scaling = draft.State.Scaling with { LastAction = action with { DoneAt = draft.Now } } };
    }

    /// <summary>The next time of a fixed rhythm that is still to come; what was missed is left out.</summary>
    private static DateTimeOffset Next(DateTimeOffset due, TimeSpan every, DateTimeOffset now) => due + every * (Math.Floor((now - due) / every) + 1);
}
