using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class PauseLeaseTests : WorkerFixture
{
    private protected override TimeSpan PauseLease => TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Task_reads_on_when_the_supervisor_falls_silent_and_refuses_its_late_answer()
    {
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload());
        await UntilRead(PartitionOffsets.Of((0, 1), (1, 0)));
        await Chat(HttpMethod.Post, "pause");
        Kafka.Produce("events", 0, Event("b"));
        await Until(t => t.Phase == TaskPhase.Reading && t.CurrentOffsets == PartitionOffsets.Of((0, 2), (1, 0)));
        Assert.Equal((400, "\"Task must be paused before changing the end offsets\""), await Chat(HttpMethod.Post, "offsets/end", """{"0":1,"1":0}"""));
    }
}
