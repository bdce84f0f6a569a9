using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Embedded;
using Ingestion.IndexTask.Hosting.Memory;
using Ingestion.IndexTask.Segment;
using Ingestion.Support;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>The worker's own process, with little memory and many tasks.</summary>
public sealed class WorkerMemoryTests : WorkerFixture
{
    private const int TaskCount = 20, Events = 20_000, Huge = 7_000; // one event of one task is larger than what its reader may fetch
    private const long Budget = 64 << 20;

    [Fact]
    public async Task Twenty_tasks_with_a_backlog_read_all_of_it_in_the_memory_that_the_worker_is_given()
    {
        Kafka.CreateTopic("backlog", TaskCount);
        var random = new Random(1);
        var token = new byte[48];
        Kafka.ProduceMany("backlog", TaskCount, Events, (partition, i) =>
        {
            random.NextBytes(token);
            return Encoding.UTF8.GetBytes($$"""{"time":"2015-09-12T{{i % 24:00}}:00:{{i % 60:00}}Z","page":"{{Convert.ToHexString(token)}}","user":"user {{i % 5_000}} of {{partition}}","channel":"#{{i % 40}}.wikipedia","comment":"{{new string('x', i == Huge && partition == 3 ? 900_000 : 150)}} {{i % 300}}","added":{{i}}}""");
        });
        var log = Path.Combine(WorkDirectory, "worker.log");
        var (worker, line) = await ChildProcess.StartAsync(Programs.Worker, ["--overlords", Overlord.Address.ToString(), "--deep-storage", DeepStorage, "--work-dir", WorkDirectory, "--capacity", $"{TaskCount}", "--memory", $"{Budget >> 20}m"], log, "worker listening on ");
        await using var _ = worker;
        using var http = new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]) };
        for (var partition = 0; partition < TaskCount; partition++)
        {
            using var answer = await http.PostAsync("/druid-internal/v1/worker/assignTask", new StringContent(Task(partition).ToJson(), Encoding.UTF8, "application/json"));
            Assert.True(answer.IsSuccessStatusCode);
        }
        WorkerState? state = null;
        await Waiting.UntilAsync(async () => (state = await http.GetFromJsonAsync("/druid-internal/v1/worker/tasks", ContractsJson.Default.WorkerState))!.Tasks.All(t => t.Outcome != TaskOutcome.Running), TimeSpan.FromSeconds(90));
        var peak = Kilobytes(worker.Id, "VmHWM:") << 10;
        Assert.Equal(Enumerable.Repeat((TaskOutcome.Success, (string?)null, (long)Events), TaskCount), state!.Tasks.Select(t => (t.Outcome, t.ErrorMsg, t.Rows.Processed)));
        Assert.Equal(TaskCount * Events, Overlord.Asked<TaskAction.SegmentTransactionalInsert>().SelectMany(i => i.Segments).Sum(s => RowCount(s.LoadSpec!.Value.GetProperty("path").GetString()!)));
        Assert.InRange(peak >> 20, 0, (Budget * 5 / 4 + MemoryBudget.BaseBytes + TaskCount * MemoryBudget.BaseBytesPerTask) >> 20);
    }

    private IndexTaskPayload Task(int partition)
    {
        var payload = Payload($"task_{partition}", $"group_{partition}", schema: """
            {"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page","user","channel","comment",{"type":"long","name":"added"}]},
             "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false}}
            """);
        return payload with
        {
            IoConfig = payload.IoConfig with
            {
                BaseSequenceName = $"base_{partition}",
                StartSequenceNumbers = StreamSequence.StartOf("backlog", PartitionOffsets.Of((partition, 0))),
                EndSequenceNumbers = StreamSequence.EndOf("backlog", PartitionOffsets.Of((partition, Events))),
            },
        };
    }

    private static int RowCount(string segment)
    {
        using var reader = SegmentReader.Open(segment);
        return reader.RowCount;
    }

    private static long Kilobytes(int process, string field)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }
}
