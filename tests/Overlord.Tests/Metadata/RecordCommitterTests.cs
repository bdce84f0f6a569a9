using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks;
using Ingestion.Support;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tests.Metadata;

public sealed class RecordCommitterTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Task_is_recorded_once_and_finished_once()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var task = MetadataWorld.Payload("t1");
        await world.StartAsync(task);
        await world.StartAsync(task with { DataSource = "other" });
        var active = await world.Tasks.ActiveTasksAsync();
        Assert.Equal([(task.ToJson(), MetadataWorld.Noon)], active.Select(t => (t.Payload.ToJson(), t.CreatedAt)));

        await world.FinishAsync("t1");
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.FinishTask(IndexTaskStatus.Failed("t1", 9, TaskLocation.Unknown, "late"))]);
        await world.StartAsync(task);

        Assert.Empty(await world.Tasks.ActiveTasksAsync());
        Assert.Equal(new StoredTask("t1", MetadataWorld.Noon, "wiki", false, "index_kafka", "index_kafka_wiki", IndexTaskStatus.Success("t1", 5, TaskLocation.Unknown)), await world.Tasks.FindAsync("t1"));
        Assert.Equal(task.ToJson(), await world.Tasks.PayloadAsync("t1"));
    }

    [Fact]
    public async Task Finishing_takes_the_locks_and_the_last_of_a_group_takes_its_pending_segments()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2"), MetadataWorld.Payload("t3", "index_kafka_wiki_other"));
        await world.AllocateAsync("t1");
        await world.AllocateAsync("t2");
        await world.AllocateAsync("t3", "index_kafka_wiki_other_0");

        await world.FinishAsync("t1");
        Assert.Equal(["t2", "t3"], (await world.Lockbox.HeldAsync("wiki")).Select(l => l.TaskId));
        Assert.Equal(2, (await world.QueryAsync<string>("SELECT id FROM druid_pendingsegments")).Count);

        // Its successor comes in the same step: the group lives on.
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.FinishTask(IndexTaskStatus.Success("t2", 5, TaskLocation.Unknown)), new Record.InsertTask(MetadataWorld.Payload("t4"), MetadataWorld.Noon)]);
        Assert.Equal(2, (await world.QueryAsync<string>("SELECT id FROM druid_pendingsegments")).Count);

        await world.FinishAsync("t4");
        Assert.Equal(["index_kafka_wiki_other"], await world.QueryAsync<string>("SELECT task_allocator_id FROM druid_pendingsegments"));
        Assert.Equal(["t3"], await world.QueryAsync<string>("SELECT task_id FROM druid_tasklocks"));
    }

    [Fact]
    public async Task Deleted_offsets_are_not_brought_back_by_a_task_that_ends_with_them()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2"));
        Assert.True((await world.PublishAsync("t1", PartitionOffsets.Of((0, 0)), PartitionOffsets.Of((0, 10)))).Success);

        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.DeleteOffsets("wiki"), new Record.FinishTask(IndexTaskStatus.Failed("t1", 9, TaskLocation.Unknown, "the offsets were reset"))]);

        Assert.Null(await world.Offsets.FindAsync("wiki"));
        await Assert.ThrowsAsync<TaskActionFailedException>(() => world.PublishAsync("t1", PartitionOffsets.Of((0, 10)), PartitionOffsets.Of((0, 20))));
        Assert.Null(await world.Offsets.FindAsync("wiki"));
    }

    [Fact]
    public async Task Group_that_a_reset_makes_anew_by_the_same_name_gets_no_allocation_of_before()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await world.AllocateAsync("t1");

        await world.Committer.CommitAsync(MetadataWorld.Epoch,
        [
            new Record.FinishTask(IndexTaskStatus.Failed("t1", 9, TaskLocation.Unknown, "the offsets were reset")),
            new Record.MoveOffsets("wiki", "wiki", PartitionOffsets.Of((0, 0)), Expected: null),
            new Record.InsertTask(MetadataWorld.Payload("t2"), MetadataWorld.Noon),
        ]);
        Assert.Empty(await world.QueryAsync<string>("SELECT id FROM druid_pendingsegments"));
    }

    [Fact]
    public async Task Moved_offsets_stand_beside_those_of_other_partitions_and_supervisors()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var other = MetadataWorld.Payload("t2", supervisor: "wiki2");
        await world.StartAsync(MetadataWorld.Payload("t1"), other);
        await world.PublishAsync("t1", PartitionOffsets.Of((0, 0), (1, 0)), PartitionOffsets.Of((0, 10), (1, 20)));
        await world.PublishAsync("t2", PartitionOffsets.Of((0, 0)), PartitionOffsets.Of((0, 7)));

        await MoveAsync(world, "wiki", "topic", PartitionOffsets.Of((0, 5), (2, 30)));
        await MoveAsync(world, "new", "topic", PartitionOffsets.Of((0, 1)));

        Assert.Equal([("new", PartitionOffsets.Of((0, 1))), ("wiki", PartitionOffsets.Of((0, 5), (1, 20), (2, 30))), ("wiki2", PartitionOffsets.Of((0, 7)))],
            (await world.Offsets.AllAsync()).Select(o => (o.Key, o.Value!.Offsets)));
        foreach (var (payload, sha1) in await world.QueryAsync<(byte[], string)>("SELECT commit_metadata_payload, commit_metadata_sha1 FROM druid_datasource")) Assert.Equal(StoredJson.Sha1(payload), sha1);
        Assert.True((await world.PublishAsync("t1", PartitionOffsets.Of((0, 5)), PartitionOffsets.Of((0, 6)))).Success);
    }

    [Fact]
    public async Task Offsets_of_another_stream_are_replaced_not_added_to()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await MoveAsync(world, "wiki", "before", PartitionOffsets.Of((0, 5), (1, 6)));
        await MoveAsync(world, "wiki", "topic", PartitionOffsets.Of((0, 1)));
        Assert.Equal(KafkaDataSourceMetadata.EndOf("topic", PartitionOffsets.Of((0, 1))), await world.Offsets.FindAsync("wiki"));
    }

    [Fact]
    public async Task Offsets_that_are_not_the_expected_ones_are_not_moved_and_nothing_else_is_recorded()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await MoveAsync(world, "wiki", "topic", PartitionOffsets.Of((0, 5)));

        await Assert.ThrowsAsync<OffsetsMovedException>(() => world.Committer.CommitAsync(MetadataWorld.Epoch,
            [new Record.InsertTask(MetadataWorld.Payload("t1"), MetadataWorld.Noon), new Record.MoveOffsets("wiki", "topic", PartitionOffsets.Of((0, 20)), PartitionOffsets.Of((0, 4)))]));

        Assert.Empty(await world.Tasks.ActiveTasksAsync());
        Assert.Equal(PartitionOffsets.Of((0, 5)), (await world.Offsets.FindAsync("wiki"))!.Offsets);
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.MoveOffsets("wiki", "topic", PartitionOffsets.Of((0, 20)), PartitionOffsets.Of((0, 5)))]);
        Assert.Equal(PartitionOffsets.Of((0, 20)), (await world.Offsets.FindAsync("wiki"))!.Offsets);
    }

    private static Task MoveAsync(MetadataWorld world, string supervisorId, string stream, PartitionOffsets offsets) =>
        world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.MoveOffsets(supervisorId, stream, offsets, Expected: null)]);

    [Fact]
    public async Task Stale_epoch_records_nothing()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);

        var fenced = await Assert.ThrowsAsync<FencedException>(() => world.Committer.CommitAsync(MetadataWorld.Epoch - 1,
            [new Record.AppendSpec(MetadataWorld.Spec("a")), new Record.InsertTask(MetadataWorld.Payload("t1"), MetadataWorld.Noon)]));

        Assert.Equal((MetadataWorld.Epoch - 1, MetadataWorld.Epoch), (fenced.Epoch, fenced.Current));
        Assert.Equal([0L], await world.QueryAsync<long>("SELECT (SELECT count(*) FROM druid_supervisors) + (SELECT count(*) FROM druid_tasks) + (SELECT count(*) FROM druid_audit)"));
    }

    [Fact]
    public async Task Stale_epoch_records_no_tasks_either_which_go_to_the_database_with_the_question_for_it()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        Record[] tasks = [new Record.InsertTask(MetadataWorld.Payload("t1"), MetadataWorld.Noon), new Record.InsertTask(MetadataWorld.Payload("t2"), MetadataWorld.Noon)];

        var fenced = await Assert.ThrowsAsync<FencedException>(() => world.Committer.CommitAsync(MetadataWorld.Epoch - 1, tasks));
        Assert.Equal((MetadataWorld.Epoch - 1, MetadataWorld.Epoch), (fenced.Epoch, fenced.Current));
        Assert.Empty(await world.Tasks.ActiveTasksAsync());

        await world.Committer.CommitAsync(MetadataWorld.Epoch, tasks);
        Assert.Equal(["t1", "t2"], (await world.Tasks.ActiveTasksAsync()).Select(t => t.Payload.Id));
    }

    [Fact]
    public async Task Task_that_cannot_be_recorded_takes_its_twin_with_it()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);

        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload(new string('x', 300))));

        Assert.Empty(await world.Tasks.ActiveTasksAsync());
    }

    [Fact]
    public async Task Record_that_fails_takes_the_others_with_it()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var tooLong = MetadataWorld.Payload(new string('x', 300));

        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(MetadataWorld.Spec("a")), new Record.InsertTask(tooLong, MetadataWorld.Noon)]));

        Assert.Empty(await world.Specs.NewestSpecsAsync());
    }

    [Fact]
    public async Task Audit_row_of_a_new_spec_is_Druids()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(MetadataWorld.Spec("smoke2") with { DataSource = "smoke2" })]);
        var ours = (await world.QueryAsync<(string Key, string Type, string Author, string Comment, string Date, byte[] Payload)>("SELECT audit_key, type, author, comment, created_date, payload FROM druid_audit")).Single();

        using var rows = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-rows.json")));
        var druids = rows.RootElement.GetProperty("druid_audit")[0];
        var expected = druids.GetProperty("payload").GetString()!.Replace(druids.GetProperty("created_date").GetString()!, ours.Date, StringComparison.Ordinal);
        Assert.Equal(("smoke2", "supervisor", "", "", expected), (ours.Key, ours.Type, ours.Author, ours.Comment, System.Text.Encoding.UTF8.GetString(ours.Payload)));
    }

    [Fact]
    public async Task Tombstone_is_Druids_byte_for_byte()
    {
        using var rows = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-rows.json")));

        Assert.Equal(rows.RootElement.GetProperty("druid_supervisors")[0].GetProperty("payload").GetString(), StoredSpec.Tombstone("smoke2"));
    }

    [Fact]
    public async Task Rows_that_Druid_wrote_are_read()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var rows = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-rows.json")))!;
        foreach (var row in rows["druid_tasks"]!.AsArray())
            await world.ExecuteAsync("INSERT INTO druid_tasks (id, created_date, datasource, active, type, group_id, payload, status_payload) VALUES (@id, @date, @source, true, @type, @group, @payload, @status)", new
            {
                id = (string)row!["id"]!, date = (string)row["created_date"]!, source = (string)row["datasource"]!, type = (string)row["type"]!, group = (string)row["group_id"]!,
                payload = StoredJson.Bytes((string)row["payload"]!), status = StoredJson.Bytes((string)row["status_payload"]!),
            });
        foreach (var row in rows["druid_supervisors"]!.AsArray())
            await world.ExecuteAsync("INSERT INTO druid_supervisors VALUES (@id, @spec, @date, @payload)",
                new { id = (long)row!["id"]!, spec = (string)row["spec_id"]!, date = (string)row["created_date"]!, payload = StoredJson.Bytes((string)row["payload"]!) });
        foreach (var row in rows["druid_datasource"]!.AsArray())
            await world.ExecuteAsync("INSERT INTO druid_datasource VALUES (@source, @date, @payload, @sha1)",
                new { source = (string)row!["datasource"]!, date = (string)row["created_date"]!, payload = StoredJson.Bytes((string)row["commit_metadata_payload"]!), sha1 = (string)row["commit_metadata_sha1"]! });

        Assert.Equal(["index_kafka_smoke2_27484426a8496e0_hinnnjhb", "index_kafka_smoke2_27484426a8496e0_cniklcjb", "index_kafka_smoke2_27484426a8496e0_emapanci"],
            (await world.Tasks.ActiveTasksAsync()).Select(t => t.Payload.Id));
        Assert.Equal([TaskOutcome.Failed], (await world.Tasks.ListAsync(new TaskFilter { Active = true, Limit = 1, DataSource = "smoke2", Type = "index_kafka" })).Select(t => t.Status.Outcome));
        Assert.Equal([("smoke1", true), ("smoke2", true)], (await world.Specs.NewestSpecsAsync()).Select(s => (s.SpecId, s.IsTombstone)));
        Assert.NotNull((await world.Specs.HistoryAsync("smoke2"))[1].Read().Spec);
        Assert.Equal(PartitionOffsets.Of((0, 3014), (1, 3011)), (await world.Offsets.FindAsync("wiki_ck"))!.Offsets);
        Assert.Equal(["smoke1", "wiki_ck"], (await world.Offsets.AllAsync()).Keys);
    }
}
