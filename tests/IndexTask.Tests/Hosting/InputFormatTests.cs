using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Parsing;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>From Kafka to the segment by formats other than plain JSON.</summary>
public sealed class InputFormatTests : WorkerFixture
{
    [Fact]
    public async Task Csv_with_several_lines_in_a_record_becomes_rows_of_two_days_in_their_order()
    {
        Kafka.Produce("events", 0, "2015-09-12T00:00:01Z,\"a, b\",1\n2015-09-13T00:00:02Z,c,2\nbad,d,3\n2015-09-12T00:00:04Z,e,x", "2015-09-12T00:00:05Z,f,5");
        await Assign(With("""{"type":"csv","columns":["time","page","added"]}""", 2));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, (string?)null), (end.Outcome, end.ErrorMsg));
        Assert.Equal((3L, 1L, 1L, 0L), (end.Rows.Processed, end.Rows.ProcessedWithError, end.Rows.Unparseable, end.Rows.ThrownAway));
        Assert.Equal(["page='a, b' added=1", "page='e' added=null", "page='f' added=5", "page='c' added=2"], Rows());
    }

    [Fact]
    public async Task Rows_behind_one_whose_segment_is_allocated_wait_for_it()
    {
        var answers = new Dictionary<int, TaskCompletionSource> { [12] = new(), [13] = new() };
        Overlord.Delay = action => action is TaskAction.SegmentAllocate allocate ? answers[allocate.Timestamp.Day].Task : Task.CompletedTask;
        Kafka.Produce("events", 0, "2015-09-12,a,1\n2015-09-13,b,2\n2015-09-12,c,3", "2015-09-13,d,4");
        await Assign(With("""{"type":"csv","columns":["time","page","added"]}""", 2));
        await UntilRead(PartitionOffsets.Of((0, 1), (1, 0))); // how many rows the next event has is not known, so it is not read before the segment is there
        answers[12].SetResult();
        await Until(_ => Overlord.Asked<TaskAction.SegmentAllocate>().Count() == 2);
        Assert.Empty(Overlord.Asked<TaskAction.SegmentTransactionalInsert>());
        answers[13].SetResult();
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
        Assert.Equal(["page='a' added=1", "page='c' added=3", "page='b' added=2", "page='d' added=4"], Rows());
    }

    [Fact]
    public async Task Flattened_JSON_becomes_rows()
    {
        Kafka.Produce("events", 0, """{"meta":{"at":"2015-09-12T00:00:01Z"},"items":[{"p":"x"},{"p":"y"}],"n":[1,[5]]}""", """{"meta":{"at":"2015-09-12T00:00:02Z"},"page":"no path","n":null}""");
        await Assign(With("""{"type":"json","flattenSpec":{"fields":[{"type":"path","name":"time","expr":"$.meta.at"},{"type":"path","name":"page","expr":"$.items[*].p"},{"type":"path","name":"added","expr":"$.n[1][0]"}]}}""", 2));
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
        Assert.Equal(["page=['x','y'] added=5", "page=[] added=null"], Rows());
    }

    [Fact]
    public async Task Lines_that_match_a_pattern_become_rows()
    {
        Kafka.Produce("events", 0, "2015-09-12T00:00:01Z [home] +7", "2015-09-12T00:00:02Z home", "2015-09-12T00:00:03Z [about]");
        await Assign(With("""{"type":"regex","pattern":"(\\S+) \\[(?<name>\\w+)\\](?: \\+(\\d+))?","columns":["time","page","added"]}""", 3));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, 2L, 1L), (end.Outcome, end.Rows.Processed, end.Rows.Unparseable));
        Assert.Equal(["page='home' added=7", "page='about' added=null"], Rows());
    }

    [Fact]
    public async Task Key_headers_time_and_topic_of_a_record_become_columns()
    {
        var time = DateTimeOffset.Parse("2015-09-12T01:02:03.456Z", System.Globalization.CultureInfo.InvariantCulture);
        Kafka.Produce("events", 0, "{\"id\":7}", "{\"added\":1}", time, ("page", "first"), ("page", "h\u00e9"), ("empty", ""), ("none", null));
        Kafka.Produce("events", 0, null, "{\"page\":\"own\",\"added\":2}", time.AddSeconds(1));
        Kafka.Produce("events", 0, "{\"id\":8}", null, time.AddSeconds(2), ("page", "tombstone"));
        Kafka.Produce("events", 0, "{\"id\":", "{\"added\":4}", time.AddSeconds(3));
        const string schema = """
            {"dataSource":"wiki","timestampSpec":{"column":"kafka.timestamp","format":"millis"},"dimensionsSpec":{"dimensions":["page",{"type":"long","name":"added"},"key","empty","none","kafka.topic"]},
             "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false} }
            """;
        var payload = Payload(schema: schema, end: PartitionOffsets.Of((0, 4), (1, 0)));
        await Assign(payload with { IoConfig = payload.IoConfig with { InputFormat = Json("""{"type":"kafka","valueFormat":{"type":"json"},"keyFormat":{"type":"json"},"keyColumnName":"key","headerFormat":{"type":"string"},"headerColumnPrefix":""}""") } });
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, (string?)null), (end.Outcome, end.ErrorMsg));
        Assert.Equal((2L, 1L, 1L, 11L + 24 + 11), (end.Rows.Processed, end.Rows.Unparseable, end.Rows.ThrownAway, end.Rows.ProcessedBytes));
        Assert.Equal(["page='h\u00e9' added=1 key='7' empty='' none=null kafka.topic='events'", "page='own' added=2 key=null empty=null none=null kafka.topic='events'"], Rows());
    }

    [Fact]
    public async Task Task_of_a_format_that_cannot_be_run_fails_with_the_place_in_its_payload()
    {
        await Assign(With("""{"type":"csv"}""", 1));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal(TaskOutcome.Failed, end.Outcome);
        Assert.Contains("$.ioConfig.inputFormat.columns", end.ErrorMsg, StringComparison.Ordinal);
    }

    private IndexTaskPayload With(string format, long end)
    {
        var payload = Payload(end: PartitionOffsets.Of((0, end), (1, 0)));
        return payload with { IoConfig = payload.IoConfig with { InputFormat = Json(format) } };
    }

    private List<string> Rows() => [.. Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Single().Segments.SelectMany(Rows)];

    private static List<string> Rows(DataSegment segment)
    {
        using var reader = SegmentReader.Open(segment.LoadSpec!.Value.GetProperty("path").GetString()!);
        return [.. reader.Rows().Select(row => string.Join(' ', row.Where(v => v.Key != "__time").Select(v => $"{v.Key}={Ingested.Text(v.Value)}")))];
    }
}
