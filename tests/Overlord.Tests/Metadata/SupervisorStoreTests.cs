using System.Diagnostics;
using Ingestion.Overlord.Supervision;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tests.Metadata;

[Collection(nameof(SpecStoreSpeedTests))]
public sealed class SupervisorStoreTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Loading_a_supervisor_takes_no_longer_beside_three_hundred_others_of_twenty_versions()
    {
        var few = await FastestLoadAsync(5);
        var many = await FastestLoadAsync(300);
        TestContext.Current.TestOutputHelper?.WriteLine($"{few.TotalMilliseconds:0.00} ms of 5, {many.TotalMilliseconds:0.00} ms of 300");
        Assert.InRange(many, TimeSpan.Zero, 3 * few + TimeSpan.FromMilliseconds(2));
    }

    [Fact]
    public async Task Terminated_supervisor_is_loaded_with_its_last_real_spec_and_its_tasks_of_an_earlier_data_source()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var (first, last) = (MetadataWorld.Spec("a", "one"), MetadataWorld.Spec("a", "two"));
        var earlier = MetadataWorld.Payload("t2", supervisor: "a") with { DataSource = "before" };
        await world.Committer.CommitAsync(MetadataWorld.Epoch,
            [new Record.AppendSpec(first), new Record.AppendSpec(last), new Record.AppendTombstone("a", "wiki"), new Record.AppendSpec(MetadataWorld.Spec("b")), new Record.AppendTombstone("a", "wiki")]);
        await world.StartAsync(MetadataWorld.Payload("t1", supervisor: "a"), earlier, MetadataWorld.Payload("t3", supervisor: "b"));

        var loaded = (await Store(world).LoadAsync("a", CancellationToken.None))!;

        Assert.Equal((last.Json, true), (loaded.Spec.Json, loaded.Terminated));
        Assert.Equal(["t1", "t2"], loaded.ActiveTasks.Select(t => t.Id));
        Assert.Null(await Store(world).LoadAsync("unknown", CancellationToken.None));
    }

    [Fact]
    public async Task Tasks_of_other_types_are_not_the_supervisors_though_they_write_to_its_data_source()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(MetadataWorld.Spec("wiki"))]);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await world.ExecuteAsync("""
            INSERT INTO druid_tasks (id, created_date, datasource, payload, status_payload, active, type, group_id)
            SELECT 'other', created_date, datasource, convert_to(replace(convert_from(payload, 'UTF8'), 'index_kafka', 'index_parallel'), 'UTF8'), status_payload, TRUE, 'index_parallel', 'other' FROM druid_tasks WHERE id = 't1'
            """);
        Assert.Equal(["t1"], (await Store(world).LoadAsync("wiki", CancellationToken.None))!.ActiveTasks.Select(t => t.Id));
        Assert.Equal([true], await world.QueryAsync<bool>("SELECT active FROM druid_tasks WHERE id = 'other'"));
    }

    private async Task<TimeSpan> FastestLoadAsync(int supervisors)
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.ExecuteAsync("""
            INSERT INTO druid_supervisors (spec_id, created_date, payload)
            SELECT 'sup' || s, '2026-01-01T00:00:00.000Z', convert_to(replace(replace(@spec, 'VERSION', v::text), 'wiki', 'sup' || s), 'UTF8')
            FROM generate_series(1, 20) v, generate_series(1, @supervisors) s;
            INSERT INTO druid_tasks (id, created_date, datasource, payload, status_payload, active, type, group_id)
            SELECT 'sup' || s || '_' || t, '2026-01-01T00:00:00.000Z', 'sup' || s, convert_to(replace(replace(@task, 'TASK', 'sup' || s || '_' || t), 'wiki', 'sup' || s), 'UTF8'), '{}', TRUE, 'index_kafka', 'index_kafka_sup' || s
            FROM generate_series(1, 3) t, generate_series(1, @supervisors) s;
            ANALYZE druid_supervisors;
            ANALYZE druid_tasks;
            """, new { supervisors, spec = MetadataWorld.Spec("wiki", "topic_VERSION").Json, task = MetadataWorld.Payload("TASK").ToJson() });
        var store = Store(world);
        var fastest = TimeSpan.MaxValue;
        for (var run = 0; run < 300; run++)
        {
            var id = $"sup{run % supervisors + 1}";
            var watch = Stopwatch.StartNew();
            var loaded = (await store.LoadAsync(id, CancellationToken.None))!;
            if (watch.Elapsed < fastest) fastest = watch.Elapsed;
            Assert.Equal((id, "topic_20", false), (loaded.Spec.Id, loaded.Spec.IoConfig.Stream.Name, loaded.Terminated));
            Assert.Equal([$"{id}_1", $"{id}_2", $"{id}_3"], loaded.ActiveTasks.Select(t => t.Id));
        }
        return fastest;
    }

    private static SupervisorStore Store(MetadataWorld world) => new(world.Specs, world.Tasks, world.Offsets, world.Committer, NullLogger<SupervisorStore>.Instance);
}
