using Ingestion.Contracts.Specs;
using Ingestion.Supervisor.Autoscaling;

namespace Ingestion.Supervisor.Status;

/// <summary>Ours: what the auto-scaler has done, and why it does nothing now.</summary>
/// <param name="NextEvaluationAt">Null while it does not watch.</param>
/// <param name="LastDecision">Null until it has evaluated once.</param>
/// <param name="LastAction">Since this overlord leads; null: none.</param>
/// <param name="Now">In words.</param>
public sealed record ScalerStatus(string Strategy, int TaskCount, int TaskCountMin, int TaskCountMax, DateTimeOffset? NextEvaluationAt, ScaleDecision? LastDecision, ScaleAction? LastAction, string Now)
{
    /// <returns>Null where the spec has none, or has it off.</returns>
    public static ScalerStatus? Of(SupervisorState state)
    {
        if (state.Spec is not { IoConfig: { AutoScaler: { } config } io }) return null;
        var scaling = state.Scaling;
        return new ScalerStatus(config.Strategy, io.TaskCount, config.TaskCountMin, config.TaskCountMax, scaling.Since is null ? null : scaling.NextEvaluationAt, scaling.LastDecision, scaling.LastAction, InWords(state, config));
    }

    private static string InWords(SupervisorState state, AutoScalerConfig config)
    {
        var scaling = state.Scaling;
        if (!Autoscaler.MayScale(state)) return $"It does nothing: the supervisor {(state.IsTerminated ? "was terminated" : state.Spec!.Suspended ? "is suspended" : "is idle")}";
        if (scaling.LastAction is { DoneAt: null } action) return $"It changes taskCount from {action.From} to {action.To}: {state.Reading.Values.Count(g => g.EndReason is not null)} groups have not ended yet";
        if (scaling.LastDecision is not { } decision)
            return config is AutoScalerConfig.LagBased && scaling.Lags.Count == 0 ? $"It waits for tasks to settle, and measures lag from {scaling.NextSampleAt:HH:mm:ss} on" : $"It evaluates for the first time at {scaling.NextEvaluationAt:HH:mm:ss}";
        if (decision.SkipReason is null) return decision.Required == decision.Current ? $"taskCount is right: {decision.Why}" : $"It has changed taskCount: {decision.Why}";
        var wants = decision.Required > 0 ? $" (it asks for {decision.Required})" : "";
        var until = decision.SkipReason == Autoscaler.TooEarly ? $", until {Autoscaler.MayActAt(state, config, decision.Required > decision.Current):HH:mm:ss}" : "";
        return $"{decision.SkipReason}{until}{wants}: {decision.Why}";
    }
}
