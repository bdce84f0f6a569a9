using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tests.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class TaskRunnerTests
{
    [Fact]
    public async Task What_the_database_no_longer_calls_active_is_forgotten_and_what_was_never_started_is()
    {
        await using var runner = new TaskRunner(_ => throw new InvalidOperationException("there is no worker"), (_, _) => { }, TimeProvider.System, NullLogger<TaskRunner>.Instance);
        var (over, stays, begun) = (MetadataWorld.Payload("over"), MetadataWorld.Payload("stays"), MetadataWorld.Payload("begun"));
        var other = MetadataWorld.Payload("other") with { SupervisorId = "another" };
        foreach (var task in new[] { over, stays, other }) runner.Start(task);

        runner.Align(over.Supervisor, [stays, begun]);

        Assert.Equal([false, true, true, true], new[] { over, stays, begun, other }.Select(t => runner.Find(t.Id) is not null));
    }
}
