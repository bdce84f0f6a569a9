using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class TimeFormatTaskTests : WorkerFixture
{
    private const string Schema = """
        {"dataSource":"wiki","timestampSpec":{"column":"time","format":"dd/MMM/yyyy:HH:mm:ss Z"},"dimensionsSpec":{"dimensions":["page"]},
         "granularitySpec":{"segmentGranularity":{"type":"period","period":"P1D","timeZone":"America/New_York"},"queryGranularity":{"type":"period","period":"PT1H","timeZone":"America/New_York"},"rollup":false}}
        """;

    [Fact]
    public async Task Task_reads_times_of_a_pattern_and_publishes_days_and_hours_of_a_zone()
    {
        Kafka.Produce("events", 0, Event("07/Mar/2015:23:59:59 -0500", "before"), Event("08/Mar/2015:03:20:00 -0400", "after the gap"), Event("08/Mar/2015:23:59:59 -0400", "last"), Event("2015-03-08", "none"));
        await Assign(Payload(schema: Schema, start: PartitionOffsets.Of((0, 0)), end: PartitionOffsets.Of((0, 4))));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, (string?)null, 3L, 1L), (end.Outcome, end.ErrorMsg, end.Rows.Processed, end.Rows.Unparseable));
        var asked = Overlord.Asked<TaskAction.SegmentAllocate>().First();
        Assert.Equal("""{"type":"period","period":"P1D","timeZone":"America/New_York","origin":null}""", JsonSerializer.Serialize(asked.PreferredSegmentGranularity, ContractsJson.Default.Granularity));
        Assert.Equal(
            ["2015-03-07T05:00:00.000Z/2015-03-08T05:00:00.000Z 2015-03-08T04:00:00.000Z before",
             "2015-03-08T05:00:00.000Z/2015-03-09T04:00:00.000Z 2015-03-08T07:00:00.000Z after the gap",
             "2015-03-08T05:00:00.000Z/2015-03-09T04:00:00.000Z 2015-03-09T03:00:00.000Z last"],
            Overlord.Asked<TaskAction.SegmentTransactionalInsert>().SelectMany(i => i.Segments).SelectMany(Rows).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Rows(Contracts.Segments.DataSegment segment)
    {
        using var reader = SegmentReader.Open(segment.LoadSpec!.Value.GetProperty("path").GetString()!);
        return [.. reader.Rows().Select(row => $"{segment.Interval} {IsoTime.Write((long)row["__time"]!)} {row["page"]}")];
    }

    private static string Event(string time, string page) => $$"""{"time":"{{time}}","page":"{{page}}"}""";
}
