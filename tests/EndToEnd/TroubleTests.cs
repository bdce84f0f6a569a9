using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;
using Npgsql;

namespace Ingestion.EndToEnd;

/// <summary>The world fails: it shows, it is retried, and nothing is lost.</summary>
public sealed class TroubleTests(Servers servers)
{
    [Fact]
    public async Task Unparseable_events_are_counted_and_ingestion_goes_on()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        string[] bad = ["not json", "{\"page\":\"no time\"}", "{\"time\":\"not a time\",\"page\":\"x\"}", "", "{\"time\":\"2015-09-12T00:00:00Z\",\"page\":", "[1,2]"];
        pipeline.Produce([.. Events.Sample.Take(100), .. bad.Select(Encoding.UTF8.GetBytes), .. Events.Sample.Skip(100).Take(100)]);
        await pipeline.UntilAsync("all is read", async () => await pipeline.ReadAsync() == 206);
        var task = (await pipeline.Stack.Client.StatusAsync(pipeline.Name)).GetProperty("activeTasks")[0].GetProperty("id").GetString()!;
        var stats = (await pipeline.AskTaskAsync(await pipeline.ChatAsync(task), "rowStats")).GetProperty("totals").GetProperty("buildSegments");
        Assert.Equal((200, 206), (stats.GetProperty("processed").GetInt64(), stats.GetProperty("processed").GetInt64() + stats.GetProperty("unparseable").GetInt64() + stats.GetProperty("thrownAway").GetInt64()));
        Assert.Equal(200, (await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/suspend")).Status);
        await pipeline.UntilPublishedAsync(206);
        Events.AssertExactly(Events.Sample.Take(200), await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Aborted_transactions_and_tombstones_are_no_rows_and_the_offsets_of_markers_are_no_gap()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        using (var producer = new ProducerBuilder<Null, byte[]?>(new ProducerConfig { BootstrapServers = pipeline.Kafka.BootstrapServers, TransactionalId = pipeline.Name }).Build())
        {
            producer.InitTransactions(TimeSpan.FromSeconds(30));
            Send(Events.Sample.Take(10), commits: true);
            Send(Events.Sample.Skip(10).Take(10), commits: false);
            Send([.. Events.Sample.Skip(20).Take(10), null], commits: true);
            Send(Events.Sample.Skip(30).Take(5), commits: false); // the last offsets of the topic hold nothing to read

            void Send(IEnumerable<byte[]?> values, bool commits)
            {
                producer.BeginTransaction();
                foreach (var value in values) producer.Produce(pipeline.Name, new Message<Null, byte[]?> { Value = value });
                producer.Flush(TimeSpan.FromSeconds(30));
                if (commits) producer.CommitTransaction();
                else producer.AbortTransaction();
            }
        }
        const long Offsets = 10 + 1 + 10 + 1 + 11 + 1 + 5 + 1;
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        await pipeline.SuspendAsync(Offsets);
        Events.AssertExactly([.. Events.Sample.Take(10), .. Events.Sample.Skip(20).Take(10)], await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Kafka_that_cannot_be_reached_shows_in_the_status_and_is_retried()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["consumerProperties"]!["bootstrap.servers"] = $"127.0.0.1:{Embedded.Ports.Free()}").ToJsonString());
        await pipeline.UntilAsync("the supervisor says that it cannot connect", async () =>
        {
            var status = await pipeline.Stack.Client.StatusAsync(pipeline.Name);
            return status.GetProperty("detailedState").GetString() == "UNABLE_TO_CONNECT_TO_STREAM" && status.GetProperty("recentErrors").GetArrayLength() > 0;
        });
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString()); // the operator mends the address
        pipeline.Produce(Events.Sample.Take(1_000));
        await pipeline.UntilPublishedAsync(1_000);
        Events.AssertExactly(Events.Sample.Take(1_000), await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Broker_that_is_killed_and_comes_back_is_waited_for_and_nothing_is_lost()
    {
        await using var pipeline = await servers.PipelineAsync(ownBroker: true);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => { s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H"; s["spec"]!["ioConfig"]!["period"] = "PT5S"; }).ToJsonString());
        pipeline.Produce(Events.Sample.Take(20_000));
        await pipeline.UntilAsync("something is read", async () => await pipeline.ReadAsync() > 0);
        var task = (await pipeline.ReadingAsync()).Single().Key;
        await pipeline.Kafka.KillAsync();
        await pipeline.UntilAsync("the supervisor says that it has lost the stream", async () =>
        {
            var status = await pipeline.Stack.Client.StatusAsync(pipeline.Name);
            return status.GetProperty("detailedState").GetString() == "LOST_CONTACT_WITH_STREAM" && status.GetProperty("recentErrors").GetArrayLength() > 0;
        });
        Assert.Equal(0, await pipeline.CommittedAsync());
        await pipeline.Kafka.RestartAsync();
        pipeline.Produce(Events.Sample.Skip(20_000));
        await pipeline.SuspendAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        await pipeline.UntilAsync("the task has ended", async () => (await pipeline.EndedTasksAsync()).Count > 0);
        Assert.Equal([task], (await pipeline.EndedTasksAsync())["SUCCESS"]); // the one that read before the broker died, with the rows that it held
    }

    [Fact]
    public async Task Deep_storage_that_cannot_be_written_is_retried_and_nothing_is_lost()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        pipeline.HoldPublishing();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(1_000));
        await pipeline.UntilAsync("the worker logs that it cannot push, and the status says so", async () =>
            (await File.ReadAllTextAsync(worker.LogPath)).Contains("cannot be written to deep storage", StringComparison.Ordinal)
            && (await pipeline.Stack.Client.StatusAsync(pipeline.Name)).GetProperty("publishingTasks").EnumerateArray()
                .Any(t => t.GetProperty("waitingFor").GetString()!.StartsWith("its segments to be published: segment", StringComparison.Ordinal)));
        pipeline.LetPublish();
        await pipeline.UntilPublishedAsync(1_000);
        Events.AssertExactly(Events.Sample.Take(1_000), await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Database_that_goes_away_is_waited_for_and_nothing_is_lost()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(10_000));
        await pipeline.UntilAsync("something is read", async () => await pipeline.ReadAsync() + await pipeline.CommittedAsync() > 0);
        // Every session of the pipeline's database is ended, and for a while none can begin.
        await AdminAsync($"ALTER DATABASE {pipeline.Name} ALLOW_CONNECTIONS false");
        await AdminAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{pipeline.Name}'");
        pipeline.Produce(Events.Sample.Skip(10_000));
        await pipeline.UntilAsync("the API says that there is no leader, and why", async () =>
        {
            var (status, body) = await pipeline.Stack.Client.SendAsync(HttpMethod.Get, "/druid/indexer/v1/supervisor");
            return status == 503 && body.Contains("is not currently accepting connections", StringComparison.Ordinal);
        });
        await AdminAsync($"ALTER DATABASE {pipeline.Name} ALLOW_CONNECTIONS true");
        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Slow_network_between_all_parts_delays_a_publish_and_nothing_is_lost()
    {
        Assert.SkipUnless(Servers.KafkaScript is { Length: > 0 }, "needs a real Kafka broker: KAFKA_START names no script");
        const string Name = "slow";
        const int Partitions = 2, Enough = 10_000, EventsPerSecond = 2_000;
        await using var chaos = await ChaosCluster.StartAsync(servers.NewFolder(Name), overlords: 1, workers: 1, capacity: 2);
        await chaos.Cluster.StartAsync();
        await chaos.Kafka.CreateTopicAsync(Name, Partitions);
        foreach (var way in (TcpProxy[])[chaos.KafkaProxy, .. chaos.DatabaseProxies, .. chaos.OverlordProxies, .. chaos.WorkerProxies]) way.SlowDown(TimeSpan.FromMilliseconds(150), bytesPerSecond: 128 * 1024);
        await using var database = NpgsqlDataSource.Create(chaos.ConnectionString);
        await chaos.Cluster.AskAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor", NumberedEvents.Spec(Name, chaos.BootstrapServers, taskCount: 1, replicas: 1, "PT5S"));
        await using var producer = new SteadyProducer(chaos.BootstrapServers, Name, Partitions, EventsPerSecond, NumberedEvents.Of, remembers: false);
        await chaos.Cluster.UntilAsync("enough was sent", () => Task.FromResult(producer.Sent >= Enough));
        await producer.StopAsync();
        Assert.Null(producer.Problem);
        await chaos.Cluster.UntilAsync("all is published", async () => await PublishedMetadata.CommittedAsync(database, Name) == producer.Sent);
        var published = await PublishedEvents.CompareAsync(chaos.Kafka.BootstrapServers, Name, Partitions, database, Name);
        Assert.Equal((producer.Sent, producer.Sent, 0L, 0L, 0L), (published.InTopic, published.Rows, published.Lost, published.Duplicates, published.Strangers));
        await using var failed = database.CreateCommand("SELECT count(*) FROM druid_tasks WHERE NOT active AND convert_from(status_payload, 'UTF8')::json ->> 'status' <> 'SUCCESS'");
        Assert.Equal(0L, await failed.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    private async Task AdminAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(servers.Postgres.ConnectionString());
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
