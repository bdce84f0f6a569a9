using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor;
using Quartz;

namespace Ingestion.Overlord.Schedules;

/// <summary>Posts a tick to the supervisor that the trigger is named after.</summary>
internal sealed class WakeUpJob(SupervisorFleet fleet) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        fleet.Post(context.Trigger.Key.Name, new Notice.Tick());
        return ValueTask.CompletedTask;
    }
}
