using Ingestion.Support;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tests.Metadata;

public sealed class SpecStoreTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Newest_row_of_each_supervisor_counts_tombstones_included()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var (first, second, other) = (MetadataWorld.Spec("a", "one"), MetadataWorld.Spec("a", "two"), MetadataWorld.Spec("b"));
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(first), new Record.AppendSpec(other), new Record.AppendSpec(second), new Record.AppendTombstone("b", "wiki")]);

        var newest = await world.Specs.NewestSpecsAsync();

        Assert.Equal([("a", second.Json, false), ("b", """{"type":"NoopSupervisorSpec","id":null,"dataSources":["wiki"],"suspended":false,"type":"noop","source":"noop"}""", true)],
            newest.Select(s => (s.SpecId, s.Json, s.IsTombstone)));
        Assert.Equal(second.Json, newest[0].Read().Spec!.Json);
    }

    [Fact]
    public async Task History_is_newest_first()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(MetadataWorld.Spec("a", "one")), new Record.AppendSpec(MetadataWorld.Spec("b")), new Record.AppendSpec(MetadataWorld.Spec("a", "two"))]);

        Assert.Equal([3, 1], (await world.Specs.HistoryAsync("a")).Select(s => s.RowId));
        Assert.Equal([3, 1, 2], (await world.Specs.AllHistoriesAsync()).Select(s => s.RowId));
        Assert.Empty(await world.Specs.HistoryAsync("unknown"));
    }

    [Fact]
    public async Task Row_that_cannot_be_read_is_skipped_and_the_others_are_served()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(MetadataWorld.Spec("a"))]);
        await world.ExecuteAsync("INSERT INTO druid_supervisors (spec_id, created_date, payload) VALUES ('broken', '2026-01-01T00:00:00.000Z', convert_to('{\"type\":', 'UTF8'))");

        Assert.Equal(["a"], (await world.Specs.NewestSpecsAsync()).Select(s => s.SpecId));
    }
}
