using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Health;

/// <summary>Druid's health rules: three failed runs, or three failed tasks, in a row make a supervisor unhealthy, three good ones healthy again.
/// A run is one observation of the stream; it has failed when any error was recorded since the run before.</summary>
public sealed record SupervisorHealth
{
    public const int Threshold = 3;
    public const int ErrorsKept = 10;

    public static readonly SupervisorHealth Fresh = new();

    /// <summary>Oldest first.</summary>
    public ValueList<ErrorEvent> Errors { get; init; } = ValueList<ErrorEvent>.Empty;

    /// <summary>A good run that was not part of getting well: a supervisor that never reached the stream says so until it is well.</summary>
    public bool HadGoodRun { get; init; }
    public bool RunHasErrors { get; init; }
    public Streak Runs { get; init; } = Streak.None;
    public Streak Tasks { get; init; } = Streak.None;

    public SupervisorHealth WithError(DateTimeOffset at, string errorClass, string message, bool isStream = false) =>
        this with { Errors = Errors.With(new ErrorEvent(at, errorClass, message, isStream)).Last(ErrorsKept), RunHasErrors = true };

    public SupervisorHealth RunFinished()
    {
        var runs = Runs.Then(!RunHasErrors);
        return this with { Runs = runs, HadGoodRun = HadGoodRun || (!RunHasErrors && !runs.IsUnhealthy), RunHasErrors = false };
    }

    public SupervisorHealth TaskFinished(bool isGood) => this with { Tasks = Tasks.Then(isGood) };
}

/// <summary>Outcomes in a row, and the verdict that lasts until enough of the other kind came.</summary>
public sealed record Streak(int Good, int Bad, bool IsUnhealthy)
{
    public static readonly Streak None = new(0, 0, false);

    public Streak Then(bool isGood)
    {
        var good = isGood ? Good + 1 : 0;
        var bad = isGood ? 0 : Bad + 1;
        return new Streak(good, bad, IsUnhealthy ? good < SupervisorHealth.Threshold : bad >= SupervisorHealth.Threshold);
    }
}

/// <param name="ErrorClass">What Druid gives a Java class for.</param>
/// <param name="IsStream">The stream's failure, not the supervisor's.</param>
public sealed record ErrorEvent(DateTimeOffset At, string ErrorClass, string Message, bool IsStream);
