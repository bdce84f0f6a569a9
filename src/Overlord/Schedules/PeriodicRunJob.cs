using Ingestion.Overlord.Supervision;
using Quartz;

namespace Ingestion.Overlord.Schedules;

/// <summary>The periodic run of all supervisors, once a second: the safety net under the wake-ups.</summary>
[DisallowConcurrentExecution]
internal sealed class PeriodicRunJob(SupervisorFleet fleet) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        fleet.Run();
        return ValueTask.CompletedTask;
    }
}
