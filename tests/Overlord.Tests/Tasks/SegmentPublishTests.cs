using System.Text;
using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class SegmentPublishTests(PostgresFixture postgres)
{
    private static readonly PartitionOffsets Zero = PartitionOffsets.Of((0, 0), (1, 0));
    private static readonly PartitionOffsets Five = PartitionOffsets.Of((0, 5), (1, 2));
    private static readonly PartitionOffsets Nine = PartitionOffsets.Of((0, 9), (1, 2));

    [Fact]
    public async Task Publish_writes_segments_and_offsets_as_Druid_does_and_tells_the_supervisor()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var segment = MetadataWorld.Segment((await world.AllocateAsync("t1"))!, "/a");

        var result = await world.PublishAsync("t1", Zero, Five, segment);

        Assert.Equal((true, false, null), (result.Success, result.Retryable, result.ErrorMsg));
        Assert.Equal([segment.Identifier], result.Segments.Select(s => s.Identifier));
        const string offsets = """{"type":"kafka","partitions":{"type":"end","stream":"topic","partitionSequenceNumberMap":{"0":5,"1":2},"topic":"topic","partitionOffsetMap":{"0":5,"1":2}}}""";
        Assert.Equal([("wiki", offsets, StoredJson.Sha1(Encoding.UTF8.GetBytes(offsets)))],
            await world.QueryAsync<(string, string, string)>("SELECT datasource, convert_from(commit_metadata_payload, 'UTF8'), commit_metadata_sha1 FROM druid_datasource"));
        Assert.Equal([(segment.Identifier, "wiki", MetadataWorld.Day.Start, MetadataWorld.Day.End, true, segment.Version, true)],
            await world.QueryAsync<(string, string, string, string, bool, string, bool)>("SELECT id, datasource, start, \"end\", partitioned, version, used FROM druid_segments"));
        Assert.Equal([JsonSerializer.Serialize(segment, Contracts.Json.ContractsJson.Default.DataSegment)], await world.QueryAsync<string>("SELECT convert_from(payload, 'UTF8') FROM druid_segments"));
        Assert.Equal([true], await world.QueryAsync<bool>("SELECT created_date = used_status_last_updated AND created_date LIKE '____-__-__T__:__:__.___Z' FROM druid_segments"));
        Assert.Equal([("wiki", KafkaDataSourceMetadata.EndOf("topic", Five))], world.Heard);
        Assert.Equal(KafkaDataSourceMetadata.EndOf("topic", Five), await world.Offsets.FindAsync("wiki"));
    }

    [Fact]
    public async Task Sha1_of_committed_offsets_is_the_one_that_Druid_recorded()
    {
        using var rows = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-rows.json")));

        foreach (var row in rows.RootElement.GetProperty("druid_datasource").EnumerateArray())
            Assert.Equal(row.GetProperty("commit_metadata_sha1").GetString(), StoredJson.Sha1(Encoding.UTF8.GetBytes(row.GetProperty("commit_metadata_payload").GetString()!)));
    }

    [Fact]
    public async Task Publish_waits_for_its_dataSources_turn()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var segment = MetadataWorld.Segment((await world.AllocateAsync("t1"))!, "/a");
        Task<SegmentPublishResult> publish;
        await using (var other = await world.Storage.Writes.OpenConnectionAsync())
        await using (var allocation = await other.BeginTransactionAsync())
        {
            await Lockbox.TakeTurnAsync(other, "wiki");
            publish = world.PublishAsync("t1", Zero, Five, segment);
            for (var waiters = 0L; waiters == 0; waiters = (await world.QueryAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"))[0])
                Assert.False(publish.IsCompleted);
            Assert.Empty(await world.QueryAsync<string>("SELECT id FROM druid_segments"));
        }
        Assert.True((await publish).Success);
    }

    [Fact]
    public async Task Of_replicas_that_publish_at_once_exactly_one_wins()
    {
        for (var round = 0; round < 5; round++) // the row is absent, so they race for its insertion
        {
            await using var world = await MetadataWorld.CreateAsync(postgres);
            await world.StartAsync([.. Enumerable.Range(0, 6).Select(i => MetadataWorld.Payload($"t{i}"))]);
            var ids = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => world.AllocateAsync($"t{i}")));

            var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => world.PublishAsync($"t{i}", Zero, Five, MetadataWorld.Segment(ids[i]!, $"/replica{i}"))));

            var winner = Array.FindIndex(results, r => r.Success);
            Assert.Equal(1, results.Count(r => r.Success));
            Assert.All(results.Where(r => !r.Success), r =>
            {
                Assert.False(r.Retryable);
                Assert.Empty(r.Segments);
                Assert.Contains("Differing: partition 0 is committed up to 5, but the task began at 0, partition 1 is committed up to 2, but the task began at 0.", r.ErrorMsg, StringComparison.Ordinal);
            });
            Assert.Equal([$"/replica{winner}"], await world.QueryAsync<string>("SELECT convert_from(payload, 'UTF8')::json -> 'loadSpec' ->> 'path' FROM druid_segments"));
            // The losers ask which of their ids are published.
            var found = (await world.ActAsync("t0", new TaskAction.RetrieveSegmentsById { DataSource = "wiki", SegmentIds = [ids[0]!.Id, "unknown"] })).Result;
            Assert.Equal([ids[0]!.Id], found.EnumerateArray().Select(s => s.GetProperty("identifier").GetString()));
        }
    }

    [Fact]
    public async Task Repeated_publish_whose_answer_was_lost_succeeds_and_changes_nothing()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var (first, second) = (MetadataWorld.Segment((await world.AllocateAsync("t1"))!, "/a"), MetadataWorld.Segment((await world.AllocateAsync("t1", "index_kafka_wiki_abc_1"))!, "/b"));
        await world.PublishAsync("t1", Zero, Five, first);
        await world.PublishAsync("t1", Five, Nine, second);

        Assert.True((await world.PublishAsync("t1", Five, Nine, second)).Success);
        Assert.True((await world.PublishAsync("t1", Zero, Five, first)).Success);

        Assert.Equal(Nine, (await world.Offsets.FindAsync("wiki"))!.Offsets);
        Assert.Equal([2L], await world.QueryAsync<long>("SELECT count(*) FROM druid_segments"));
        Assert.All(world.Heard.TakeLast(3), heard => Assert.Equal(Nine, heard.Committed.Offsets));
    }

    [Fact]
    public async Task Offsets_without_segments_are_committed_and_may_be_repeated()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));

        Assert.True((await world.PublishAsync("t1", Zero, Five)).Success);
        Assert.True((await world.PublishAsync("t1", Zero, Five)).Success);
        Assert.False((await world.PublishAsync("t1", Zero, Nine)).Success);

        Assert.Equal(Five, (await world.Offsets.FindAsync("wiki"))!.Offsets);
    }

    [Fact]
    public async Task Publish_before_its_predecessor_may_be_tried_again_and_then_succeeds()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2", "index_kafka_wiki_def"));
        await world.PublishAsync("t1", Zero, Zero);
        var segment = MetadataWorld.Segment((await world.AllocateAsync("t2", "index_kafka_wiki_def_0"))!, "/b");

        var early = await world.PublishAsync("t2", Five, Nine, segment);
        Assert.Equal((false, true), (early.Success, early.Retryable));
        Assert.Empty(await world.QueryAsync<string>("SELECT id FROM druid_segments"));

        await world.PublishAsync("t1", Zero, Five);
        Assert.True((await world.PublishAsync("t2", Five, Nine, segment)).Success);
    }

    [Fact]
    public async Task Groups_of_different_partitions_publish_beside_each_other()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync([.. Enumerable.Range(0, 8).Select(i => MetadataWorld.Payload($"t{i}", $"group{i}"))]);
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => world.AllocateAsync($"t{i}", $"group{i}_0")));

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => world.PublishAsync($"t{i}", PartitionOffsets.Of((i, 0)), PartitionOffsets.Of((i, i + 1)), MetadataWorld.Segment(ids[i]!, $"/{i}"))));

        Assert.All(results, r => Assert.True(r.Success, r.ErrorMsg));
        Assert.Equal(new PartitionOffsets(Enumerable.Range(0, 8).Select(i => KeyValuePair.Create(new StreamPartition(i), i + 1L))), (await world.Offsets.FindAsync("wiki"))!.Offsets);
    }

    [Fact]
    public async Task Refused_publish_tells_the_supervisor_what_is_committed()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2"));
        await world.PublishAsync("t1", Zero, Five);
        world.Heard.Clear(); // it was lost on its way

        Assert.False((await world.PublishAsync("t2", Zero, Nine)).Success); // final
        Assert.False((await world.PublishAsync("t2", Nine, Nine)).Success); // may be tried again

        Assert.Equal([("wiki", KafkaDataSourceMetadata.EndOf("topic", Five)), ("wiki", KafkaDataSourceMetadata.EndOf("topic", Five))], world.Heard);
    }

    [Fact]
    public async Task Caller_that_has_gone_does_not_cut_off_its_publish()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));

        await world.Actions.ExecuteAsync(MetadataWorld.Epoch, new TaskActionRequest { Task = new TaskIdentity { Id = "t1" }, Action = MetadataWorld.Publish(Zero, Five) }, new CancellationToken(canceled: true));

        Assert.Equal([("wiki", KafkaDataSourceMetadata.EndOf("topic", Five))], world.Heard);
    }

    [Fact]
    public async Task Segment_of_other_rows_under_the_same_id_is_not_taken_for_ours()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var id = (await world.AllocateAsync("t1"))!;
        await world.PublishAsync("t1", Zero, Five, MetadataWorld.Segment(id, "/a"));

        var result = await world.PublishAsync("t1", Five, Nine, MetadataWorld.Segment(id, "/b"));

        Assert.Equal((false, false), (result.Success, result.Retryable));
        Assert.Equal(Five, (await world.Offsets.FindAsync("wiki"))!.Offsets);
    }

    [Fact]
    public async Task Task_without_lock_finished_or_of_a_stale_epoch_publishes_nothing()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2"));
        var segment = MetadataWorld.Segment((await world.AllocateAsync("t1"))!, "/a");
        var publish = MetadataWorld.Publish(Zero, Five, segment);

        Assert.Equal($"Segment[{segment.Identifier}] is not covered by the locks of the task", (await Assert.ThrowsAsync<TaskActionFailedException>(() => world.ActAsync("t2", publish))).Message);
        await Assert.ThrowsAsync<FencedException>(() => world.ActAsync("t1", publish, MetadataWorld.Epoch - 1));
        await Assert.ThrowsAsync<TaskActionFailedException>(() => world.ActAsync("t1", publish with { SupervisorId = "another" }));
        await world.FinishAsync("t1");
        await Assert.ThrowsAsync<TaskActionFailedException>(() => world.ActAsync("t1", publish));

        Assert.Equal([0L], await world.QueryAsync<long>("SELECT (SELECT count(*) FROM druid_segments) + (SELECT count(*) FROM druid_datasource)"));
        Assert.Empty(world.Heard);
    }

    [Fact]
    public async Task Request_that_contradicts_itself_is_refused()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        TaskAction.SegmentTransactionalInsert[] wrong =
        [
            MetadataWorld.Publish(Zero, Five) with { EndMetadata = null },
            MetadataWorld.Publish(Zero, PartitionOffsets.Of((0, 5))),
            MetadataWorld.Publish(Five, Zero),
            MetadataWorld.Publish(Zero, Five) with { EndMetadata = KafkaDataSourceMetadata.EndOf("other", Five) },
            new(),
        ];

        foreach (var action in wrong) await Assert.ThrowsAsync<TaskActionFailedException>(() => world.ActAsync("t1", action));

        Assert.Null(await world.Offsets.FindAsync("wiki"));
    }

    [Fact]
    public async Task Publish_that_loses_its_connection_half_way_leaves_nothing_and_can_be_repeated()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var segment = MetadataWorld.Segment((await world.AllocateAsync("t1"))!, "/a");
        await using var blocker = await world.Storage.Reads.OpenConnectionAsync();
        await using (var transaction = await blocker.BeginTransactionAsync())
        {
            // Stops the publish at its last statement: the offsets are written by then, the segment is not.
            await blocker.ExecuteAsync("INSERT INTO druid_segments (id, datasource, created_date, start, \"end\", partitioned, version, used, payload, used_status_last_updated) VALUES (@id, '', '', '', '', TRUE, '', TRUE, '', '')",
                new { id = segment.Identifier });
            var publish = world.PublishAsync("t1", Zero, Five, segment);
            Assert.True(await EventuallyAsync(async () => (await world.QueryAsync<bool>("""
                SELECT coalesce(bool_or(pg_terminate_backend(pid)), FALSE) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingestion-leader' AND wait_event_type = 'Lock'
                """)).Single()));
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => publish);
            await transaction.RollbackAsync();
        }

        Assert.Equal([0L], await world.QueryAsync<long>("SELECT (SELECT count(*) FROM druid_segments) + (SELECT count(*) FROM druid_datasource)"));
        Assert.True((await world.PublishAsync("t1", Zero, Five, segment)).Success);
    }

    [Fact]
    public async Task Finishing_a_task_waits_for_its_publish_and_none_comes_after()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var world = await MetadataWorld.CreateAsync(postgres);
            await world.StartAsync(MetadataWorld.Payload("t1"));
            var publish = Task.Run(() => world.PublishAsync("t1", Zero, Five));
            var finish = Task.Run(() => world.FinishAsync("t1"));
            await finish;
            var committedAtFinish = await world.Offsets.FindAsync("wiki");
            var published = await publish.ContinueWith(p => p.IsCompletedSuccessfully && p.Result.Success, TaskScheduler.Default);

            Assert.Equal(published, committedAtFinish is not null);
        }
    }

    private static async Task<bool> EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var attempt = 0; attempt < 2000; attempt++)
            if (await condition()) return true;
        return false;
    }
}
