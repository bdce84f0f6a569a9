using System.Globalization;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Embedded;
using Ingestion.IndexTask.Segment;
using Npgsql;

namespace Ingestion.Bench;

/// <summary>A broker, a database server and a folder for the time of a bench.</summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    private BenchWorld(string folder, KafkaBroker kafka, PrivatePostgres postgres) => (Folder, Kafka, Postgres) = (folder, kafka, postgres);

    public string Folder { get; }
    public KafkaBroker Kafka { get; }
    public PrivatePostgres Postgres { get; }

    public static async Task<BenchWorld> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("KAFKA_START") is not { Length: > 0 } && Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS") is not { Length: > 0 })
            throw new InvalidOperationException("a bench needs a real broker: set KAFKA_START to a script that starts one, or KAFKA_BOOTSTRAP_SERVERS");
        var folder = Directory.CreateTempSubdirectory("ingestion-bench-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101); // PostgreSQL's user must get in
        var kafka = await KafkaBroker.StartAsync(Path.Combine(folder, "kafka"), settings: _ => ["broker.session.timeout.ms=9000"]); // Kafka's default: a script may want less, and a broker that is starved is not to be taken for lost
        return new BenchWorld(folder, kafka, await PrivatePostgres.StartAsync(Path.Combine(folder, "postgres")));
    }

    /// <exception cref="InvalidOperationException">There is no script that starts a broker which may be ended.</exception>
    public static void NeedsScript()
    {
        if (Environment.GetEnvironmentVariable("KAFKA_START") is not { Length: > 0 }) throw new InvalidOperationException("this bench ends its broker and starts it again: set KAFKA_START to a script that does that");
    }

    public async Task<string> DatabaseAsync(string name)
    {
        await Postgres.EnsureDatabaseAsync(name);
        return Postgres.ConnectionString(name);
    }

    public async Task FillAsync(string topic, int partitions, IEnumerable<byte[]> events)
    {
        await Kafka.CreateTopicAsync(topic, partitions);
        var sent = Sample.Send(Kafka.BootstrapServers, topic, Sample.Deal(events, partitions));
        Progress($"{sent:N0} events are in topic {topic}");
    }

    public static void Progress(string text) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");

    /// <summary>Row count and column sums over all published segments, read from their files.</summary>
    public static async Task<(long Stored, IReadOnlyDictionary<string, long> Sums, long Bytes)> SegmentTotalsAsync(NpgsqlDataSource database, string dataSource, params string[] columns)
    {
        await using var command = database.CreateCommand("SELECT payload FROM druid_segments WHERE datasource = $1 AND used");
        command.Parameters.AddWithValue(dataSource);
        long stored = 0, bytes = 0;
        var sums = columns.ToDictionary(c => c, _ => 0L);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var segment = JsonSerializer.Deserialize(reader.GetFieldValue<byte[]>(0), ContractsJson.Default.DataSegment)!;
            using var file = SegmentReader.Open(segment.LoadSpec!.Value.GetProperty("path").GetString()!);
            stored += file.RowCount;
            bytes += segment.Size;
            foreach (var row in file.Rows())
                foreach (var column in columns) sums[column] += Convert.ToInt64(row[column] ?? 0L, CultureInfo.InvariantCulture);
        }
        return (stored, sums, bytes);
    }

    public async ValueTask DisposeAsync()
    {
        await Kafka.DisposeAsync();
        await Postgres.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
