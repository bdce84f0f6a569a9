namespace Ingestion.Overlord.Supervision;

/// <summary>The one timer: posts a tick to a supervisor when its state wants to be woken.</summary>
internal interface IWakeUps
{
    /// <summary>Sets the supervisor's next wake-up; an earlier setting is replaced.</summary>
    void Schedule(string supervisorId, DateTimeOffset at);
    void Cancel(string supervisorId);
}
