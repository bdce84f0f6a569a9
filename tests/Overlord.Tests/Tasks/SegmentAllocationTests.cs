using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class SegmentAllocationTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Pending_rows_of_Druid_are_found_by_the_hash_of_their_sequence()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var rows = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-rows.json")))!;
        // A take-over from Druid: its task, its lock, its pending segments.
        await world.StartAsync(MetadataWorld.Payload("t1", "index_kafka_wiki_ck_54f6a5267597749", "wiki_ck") with { DataSource = "wiki_ck" });
        await world.ExecuteAsync("INSERT INTO druid_tasklocks (task_id, lock_payload) VALUES ('t1', @payload)", new
        {
            payload = StoredJson.Bytes("""{"granularity":"timeChunk","type":"EXCLUSIVE","groupId":"index_kafka_wiki_ck","dataSource":"wiki_ck","interval":"2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z","version":"2026-11-21T09:44:29.103Z","priority":75,"revoked":false}"""),
        });
        foreach (var row in rows["druid_pendingsegments"]!.AsArray())
            await world.ExecuteAsync("""
                INSERT INTO druid_pendingsegments (id, datasource, created_date, start, "end", sequence_name, sequence_prev_id, sequence_name_prev_id_sha1, payload, task_allocator_id)
                VALUES (@id, @source, @date, @start, @end, @sequence, '', @sha1, @payload, @allocator)
                """, new
            {
                id = (string)row!["id"]!, source = (string)row["datasource"]!, date = (string)row["created_date"]!, start = (string)row["start"]!, end = (string)row["end"]!,
                sequence = (string)row["sequence_name"]!, sha1 = (string)row["sequence_name_prev_id_sha1"]!, payload = StoredJson.Bytes((string)row["payload"]!), allocator = (string)row["task_allocator_id"]!,
            });
        var before = await world.QueryAsync<string>("SELECT id FROM druid_pendingsegments ORDER BY id");

        foreach (var row in rows["druid_pendingsegments"]!.AsArray())
        {
            var answer = await world.ActAsync("t1", new TaskAction.SegmentAllocate
            {
                DataSource = "wiki_ck", Timestamp = MetadataWorld.Noon, PreferredSegmentGranularity = Granularity.Day, SequenceName = (string)row!["sequence_name"]!,
            });
            Assert.Equal((string)row["payload"]!, answer.Result.GetRawText());
        }
        Assert.Equal(before, await world.QueryAsync<string>("SELECT id FROM druid_pendingsegments ORDER BY id"));
    }

    [Fact]
    public async Task First_allocation_writes_the_lock_and_the_pending_row_that_Druid_would()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));

        var segment = (await world.AllocateAsync("t1"))!;

        Assert.Equal(new SegmentIdWithShardSpec { DataSource = "wiki", Interval = MetadataWorld.Day, Version = segment.Version, ShardSpec = new NumberedShardSpec { PartitionNum = 0, Partitions = 0 } }, segment);
        Assert.Equal([(segment.Id, "wiki", MetadataWorld.Day.Start, MetadataWorld.Day.End, "index_kafka_wiki_abc_0", "")], await world.QueryAsync<(string, string, string, string, string, string)>(
            "SELECT id, datasource, start, \"end\", sequence_name, sequence_prev_id FROM druid_pendingsegments"));
        Assert.Equal([(PendingSegmentHash.Compute("index_kafka_wiki_abc_0", MetadataWorld.Day, segment.Version), "index_kafka_wiki_abc")],
            await world.QueryAsync<(string, string)>("SELECT sequence_name_prev_id_sha1, task_allocator_id FROM druid_pendingsegments"));
        Assert.Equal([$$"""{"granularity":"timeChunk","type":"EXCLUSIVE","groupId":"index_kafka_wiki","dataSource":"wiki","interval":"{{MetadataWorld.Day}}","version":"{{segment.Version}}","priority":75,"revoked":false}"""],
            await world.QueryAsync<string>("SELECT convert_from(lock_payload, 'UTF8') FROM druid_tasklocks WHERE task_id = 't1'"));
    }

    [Fact]
    public async Task Replicas_that_ask_at_once_get_the_same_segment_and_other_sequences_others()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync([.. Enumerable.Range(0, 4).Select(i => MetadataWorld.Payload($"t{i}"))]);

        var segments = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i => (Sequence: i % 10, Segment: await world.AllocateAsync($"t{i % 4}", $"sequence_{i % 10}"))));

        Assert.All(segments.GroupBy(s => s.Sequence), replicas => Assert.Single(replicas.Select(r => r.Segment).Distinct()));
        Assert.Equal(Enumerable.Range(0, 10), segments.Select(s => s.Segment!.ShardSpec.PartitionNum).Distinct().Order());
        Assert.Single(segments.Select(s => s.Segment!.Version).Distinct());
        Assert.Equal(4, (await world.Lockbox.HeldAsync("wiki")).Count);
    }

    [Fact]
    public async Task Allocation_finds_its_chunk_while_that_is_published()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2"));
        for (var hour = 0; hour < 24; hour++)
        {
            var at = MetadataWorld.Noon.AddHours(hour);
            var first = (await world.AllocateAsync("t1", $"first_{hour}", at, GranularityKind.Hour))!;
            var publish = world.PublishAsync("t1", PartitionOffsets.Of((0, hour)), PartitionOffsets.Of((0, hour + 1)), MetadataWorld.Segment(first, $"/{hour}"));
            for (var sequence = 0; !publish.IsCompleted; sequence++)
                Assert.Equal(first.Interval, (await world.AllocateAsync("t2", $"next_{hour}_{sequence}", at, GranularityKind.Hour))?.Interval);
            Assert.True((await publish).Success);
        }
    }

    [Fact]
    public async Task Published_chunk_takes_later_rows_with_its_version_and_partition_numbers_are_never_given_twice()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var first = (await world.AllocateAsync("t1"))!;
        await world.PublishAsync("t1", PartitionOffsets.Of((0, 0)), PartitionOffsets.Of((0, 5)), MetadataWorld.Segment(first, "/a"));
        await world.FinishAsync("t1");
        await world.StartAsync(MetadataWorld.Payload("t2", "index_kafka_wiki_def"));

        // An hour is preferred, but the day is there already.
        var second = await world.AllocateAsync("t2", "index_kafka_wiki_def_0", preferred: GranularityKind.Hour);
        Assert.Equal(first with { ShardSpec = new NumberedShardSpec { PartitionNum = 1 } }, second);

        await world.PublishAsync("t2", PartitionOffsets.Of((0, 5)), PartitionOffsets.Of((0, 6)), MetadataWorld.Segment(second!, "/b"));
        await world.FinishAsync("t2");
        await world.ExecuteAsync("UPDATE druid_segments SET used = FALSE WHERE id = @id", new { id = second!.Id });
        await world.StartAsync(MetadataWorld.Payload("t3", "index_kafka_wiki_ghi"));
        Assert.Equal(2, (await world.AllocateAsync("t3", "index_kafka_wiki_ghi_0"))!.ShardSpec.PartitionNum);
    }

    [Fact]
    public async Task Core_partitions_of_a_batch_made_chunk_are_kept()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var batch = new SegmentIdWithShardSpec { DataSource = "wiki", Interval = MetadataWorld.Day, Version = "2999-01-01T00:00:00.000Z", ShardSpec = new NumberedShardSpec { PartitionNum = 0, Partitions = 1 } };
        await InsertUsedAsync(world, batch);

        Assert.Equal(batch with { ShardSpec = new NumberedShardSpec { PartitionNum = 1, Partitions = 1 } }, await world.AllocateAsync("t1"));
        Assert.Equal("2999-01-01T00:00:00.000Z", (await world.Lockbox.HeldAsync("wiki")).Single().Lock.Version);
    }

    [Fact]
    public async Task Chunk_finer_than_the_query_granularity_takes_no_rows()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await InsertUsedAsync(world, new SegmentIdWithShardSpec
        {
            DataSource = "wiki", Version = "2020", Interval = new Granularity(GranularityKind.Hour).Bucket(MetadataWorld.Noon.ToUnixTimeMilliseconds()), ShardSpec = new NumberedShardSpec { PartitionNum = 0 },
        });

        Assert.Null(await world.AllocateAsync("t1", query: GranularityKind.Day));
        Assert.NotNull(await world.AllocateAsync("t1", query: GranularityKind.Hour));
        // Beside that hour the day is taken, so finer ones are used.
        Assert.Equal(new Granularity(GranularityKind.EightHour).Bucket(MetadataWorld.Noon.AddHours(-10).ToUnixTimeMilliseconds()), (await world.AllocateAsync("t1", at: MetadataWorld.Noon.AddHours(-10)))!.Interval);
    }

    [Fact]
    public async Task Segments_are_of_days_of_the_preferred_granularitys_zone()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        using var json = System.Text.Json.JsonDocument.Parse("""{"type":"period","period":"P1D","timeZone":"America/New_York"}""");
        Assert.True(Granularity.TryRead(json.RootElement, out var day));
        // Two days after the clocks went forward, and the day of 23 hours itself.
        foreach (var (at, interval) in (IEnumerable<(string, string)>)[("2015-03-10T03:59:59.999Z", "2015-03-09T04:00:00.000Z/2015-03-10T04:00:00.000Z"), ("2015-03-08T12:00:00.000Z", "2015-03-08T05:00:00.000Z/2015-03-09T04:00:00.000Z")])
        {
            var answer = await world.ActAsync("t1", new TaskAction.SegmentAllocate
            {
                DataSource = "wiki", Timestamp = Contracts.Json.IsoTime.Read(at), PreferredSegmentGranularity = day, QueryGranularity = new Granularity(GranularityKind.Hour), SequenceName = "index_kafka_wiki_abc_0",
            });
            Assert.Equal(interval, answer.Result.GetProperty("interval").GetString());
        }
    }

    [Fact]
    public async Task Lock_of_another_group_leaves_nothing_unless_ours_has_the_higher_priority()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("strong", supervisor: "a"), MetadataWorld.Payload("weak", "weak", "b", priority: 25));
        var weak = await world.AllocateAsync("weak", "weak_0");
        var strong = await world.AllocateAsync("strong");

        Assert.NotEqual(weak!.Id, strong!.Id);
        var revoked = await Assert.ThrowsAsync<TaskActionFailedException>(() => world.AllocateAsync("weak", "weak_1"));
        Assert.Equal($"The lock for interval[{MetadataWorld.Day}] is preempted and no longer valid", revoked.Message);
        var refused = await world.PublishAsync("weak", PartitionOffsets.Of((0, 0)), PartitionOffsets.Of((0, 5)), MetadataWorld.Segment(weak, "/w"));
        Assert.Equal((false, false, $"Invalid task locks. The lock over [{MetadataWorld.Day}] was revoked by a task of higher priority."), (refused.Success, refused.Retryable, refused.ErrorMsg));

        await world.StartAsync(MetadataWorld.Payload("third", "third", "c"));
        Assert.Null(await world.AllocateAsync("third", "third_0"));
    }

    [Fact]
    public async Task Lock_rows_that_cannot_be_read_or_whose_task_is_over_block_nobody()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("bad", supervisor: "b"));
        await world.ExecuteAsync("INSERT INTO druid_tasklocks (task_id, lock_payload) VALUES ('bad', convert_to('{\"x\":', 'UTF8')), ('bad', NULL), ('gone', @payload)", new
        {
            payload = StoredJson.Bytes($$"""{"type":"EXCLUSIVE","groupId":"g","dataSource":"wiki","interval":"{{MetadataWorld.Day}}","version":"2020","priority":75}"""),
        });

        Assert.NotNull(await world.AllocateAsync("t1"));
        Assert.Equal(1, await Lockbox.RemoveStaleAsync(world.Transactions, world.Storage.Tables, MetadataWorld.Epoch));
    }

    [Fact]
    public async Task Unknown_or_finished_task_and_stale_epoch_get_nothing()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await world.FinishAsync("t1");

        Assert.Equal("Task[t9] is unknown", (await Assert.ThrowsAsync<TaskActionFailedException>(() => world.AllocateAsync("t9"))).Message);
        Assert.Equal("Task[t1] is not active: it has ended or was stopped, and may neither allocate nor publish", (await Assert.ThrowsAsync<TaskActionFailedException>(() => world.AllocateAsync("t1"))).Message);
        await Assert.ThrowsAsync<FencedException>(() => world.ActAsync("t1", new TaskAction.LockList(), MetadataWorld.Epoch + 1));
        Assert.Empty(await world.QueryAsync<string>("SELECT id FROM druid_pendingsegments"));
        Assert.Empty(await world.QueryAsync<string>("SELECT task_id FROM druid_tasklocks"));
    }

    [Fact]
    public async Task Task_allocates_in_its_own_dataSource_only()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        var refused = await Assert.ThrowsAsync<TaskActionFailedException>(() => world.ActAsync("t1", new TaskAction.SegmentAllocate
        {
            DataSource = "other", Timestamp = MetadataWorld.Noon, PreferredSegmentGranularity = Granularity.Day, SequenceName = "index_kafka_wiki_abc_0",
        }));
        Assert.Equal("Task[t1] writes to dataSource[wiki], so it cannot allocate in [other]", refused.Message);
        Assert.Empty(await world.QueryAsync<string>("SELECT id FROM druid_pendingsegments"));
    }

    [Fact]
    public async Task Locks_are_acquired_listed_and_released_by_action()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2", "other", "other"));
        var acquired = (await world.ActAsync("t1", new TaskAction.LockTryAcquire { Interval = MetadataWorld.Day })).Result.Deserialize(Contracts.Json.ContractsJson.Default.TaskLock);

        Assert.Equal(JsonValueKind.Null, (await world.ActAsync("t2", new TaskAction.LockAcquire { Interval = MetadataWorld.Day, TimeoutMs = 0 })).Result.ValueKind);
        Assert.Equal([acquired], (await world.ActAsync("t1", new TaskAction.LockList())).Result.Deserialize(Contracts.Json.ContractsJson.Default.IReadOnlyListTaskLock)!);
        await world.ActAsync("t1", new TaskAction.LockRelease { Interval = MetadataWorld.Day });
        Assert.Equal("index_kafka_other", (await world.ActAsync("t2", new TaskAction.LockAcquire { Interval = MetadataWorld.Day, TimeoutMs = 0 })).Result.GetProperty("groupId").GetString());
    }

    private static Task InsertUsedAsync(MetadataWorld world, SegmentIdWithShardSpec segment) => world.ExecuteAsync("""
        INSERT INTO druid_segments (id, datasource, created_date, start, "end", partitioned, version, used, payload, used_status_last_updated) VALUES (@Id, 'wiki', '', @from, @to, TRUE, @Version, TRUE, @payload, '')
        """, new
    {
        segment.Id, from = segment.Interval.Start, to = segment.Interval.End, segment.Version,
        payload = JsonSerializer.SerializeToUtf8Bytes(MetadataWorld.Segment(segment, "/batch"), Contracts.Json.ContractsJson.Default.DataSegment),
    });
}
