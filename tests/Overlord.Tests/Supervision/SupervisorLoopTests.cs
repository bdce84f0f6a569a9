using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Supervisor;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tests.Supervision;

public sealed class SupervisorLoopTests
{
    [Fact]
    public async Task What_was_committed_before_a_reset_and_is_heard_after_it_does_not_come_back()
    {
        var world = new FakeWorld { Committed = PartitionOffsets.Of((0, 50), (1, 5)) };
        var loop = new SupervisorLoop("wiki", world);
        await loop.HandleAsync(new Notice.OffsetsResetRequested(Of(PartitionOffsets.Of((0, 10)))), CancellationToken.None);
        await loop.HandleAsync(new Notice.OffsetsCommitted(Of(PartitionOffsets.Of((0, 60), (1, 5)))), CancellationToken.None);
        Assert.Equal(PartitionOffsets.Of((0, 10), (1, 5)), loop.State!.Committed);

        world.Committed = PartitionOffsets.Of((0, 20), (1, 7));
        await loop.HandleAsync(new Notice.OffsetsCommitted(Of(PartitionOffsets.Of((0, 60), (1, 5)))), CancellationToken.None);
        Assert.Equal(PartitionOffsets.Of((0, 20), (1, 7)), loop.State.Committed);

        await loop.HandleAsync(new Notice.ResetRequested(null), CancellationToken.None);
        await loop.HandleAsync(new Notice.OffsetsCommitted(Of(PartitionOffsets.Of((0, 20), (1, 7)))), CancellationToken.None);
        Assert.Equal(PartitionOffsets.Empty, loop.State.Committed);
    }

    [Fact]
    public async Task Without_a_reset_a_commit_is_taken_as_it_is_told()
    {
        var loop = new SupervisorLoop("wiki", new FakeWorld { Committed = PartitionOffsets.Of((0, 50)) });
        await loop.HandleAsync(new Notice.OffsetsCommitted(Of(PartitionOffsets.Of((0, 60)))), CancellationToken.None);
        Assert.Equal(PartitionOffsets.Of((0, 60)), loop.State!.Committed);
    }

    [Fact]
    public async Task What_was_read_for_many_at_once_is_taken_as_the_first_notice_only()
    {
        var world = new FakeWorld { Committed = PartitionOffsets.Of((0, 50)) };
        var given = new Notice.Acquired(MetadataWorld.Spec("wiki"), Of(PartitionOffsets.Of((0, 40))), [], false);
        var first = new SupervisorLoop("wiki", world);
        await first.HandleAsync(given, CancellationToken.None);
        Assert.Equal((PartitionOffsets.Of((0, 40)), 0), (first.State!.Committed, world.Loads));

        var second = new SupervisorLoop("wiki", world);
        await second.HandleAsync(new Notice.Tick(), CancellationToken.None);
        await second.HandleAsync(given, CancellationToken.None);
        Assert.Equal((PartitionOffsets.Of((0, 50)), 1), (second.State!.Committed, world.Loads));

        var third = new SupervisorLoop("wiki", world);
        world.IsAway = true;
        await Assert.ThrowsAsync<TimeoutException>(() => third.HandleAsync(new Notice.Tick(), CancellationToken.None));
        world.IsAway = false;
        await third.HandleAsync(given, CancellationToken.None);
        Assert.Equal(PartitionOffsets.Of((0, 50)), third.State!.Committed);
    }

    [Fact]
    public async Task Task_ids_of_a_commit_that_was_not_answered_are_not_used_again()
    {
        var world = new FakeWorld { Committed = PartitionOffsets.Of((0, 50)) };
        var loop = new SupervisorLoop("wiki", world);
        var seen = new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100)));
        await loop.HandleAsync(new Notice.Tick(), CancellationToken.None);
        world.IsUnanswered = true;
        await Assert.ThrowsAsync<TimeoutException>(() => loop.HandleAsync(seen, CancellationToken.None));
        world.IsUnanswered = false;
        await loop.HandleAsync(seen, CancellationToken.None);
        Assert.Equal(2, world.Inserted.Count);
        Assert.Equal(2, world.Inserted.Distinct(StringComparer.Ordinal).Count());
    }

    private static KafkaDataSourceMetadata Of(PartitionOffsets offsets) => KafkaDataSourceMetadata.EndOf("topic", offsets);

    private sealed class FakeWorld : ISupervisorShell
    {
        public required PartitionOffsets Committed { get; set; }
        public bool IsAway { get; set; }

        /// <summary>Commits are made, but nobody hears of it.</summary>
        public bool IsUnanswered { get; set; }
        public List<string> Inserted { get; } = [];
        public int Loads { get; private set; }
        public DateTimeOffset Now => MetadataWorld.Noon;

        public Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation)
        {
            Loads++;
            if (IsAway) throw new TimeoutException("the database is away");
            return Task.FromResult<Notice.Acquired?>(new Notice.Acquired(MetadataWorld.Spec(supervisorId), Committed.Count == 0 ? null : Of(Committed), [], false));
        }

        public Task CommitAsync(string supervisorId, ImmutableArray<Record> records, CancellationToken cancellation)
        {
            foreach (var record in records)
                Committed = record switch { Record.DeleteOffsets => PartitionOffsets.Empty, Record.MoveOffsets move => Committed.Plus(move.Offsets), _ => Committed };
            Inserted.AddRange(records.OfType<Record.InsertTask>().Select(r => r.Payload.Id));
            return IsUnanswered ? Task.FromException(new TimeoutException("no answer")) : Task.CompletedTask;
        }

        public void Dispatch(string supervisorId, ImmutableArray<Effect> effects) { }
    }
}
