using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class WireTests
{
    [Fact]
    public void Committed_offsets_are_written_as_druid_writes_them()
    {
        var metadata = KafkaDataSourceMetadata.EndOf("wikick", PartitionOffsets.Of((1, 3011), (0, 3014)));
        Assert.Equal("""{"type":"kafka","partitions":{"type":"end","stream":"wikick","partitionSequenceNumberMap":{"0":3014,"1":3011},"topic":"wikick","partitionOffsetMap":{"0":3014,"1":3011}}}""",
            JsonSerializer.Serialize(metadata, ContractsJson.Default.KafkaDataSourceMetadata));
        var several = KafkaDataSourceMetadata.EndOf("wiki.*", PartitionOffsets.Of((new StreamPartition("wiki_b", 0), 7), (new StreamPartition("wiki_a", 10), 9)));
        Assert.Equal("""{"type":"kafka","partitions":{"type":"end","stream":"wiki.*","partitionSequenceNumberMap":{"wiki_a:10":9,"wiki_b:0":7},"topic":"wiki.*","partitionOffsetMap":{"wiki_a:10":9,"wiki_b:0":7}}}""",
            JsonSerializer.Serialize(several, ContractsJson.Default.KafkaDataSourceMetadata));
    }

    [Fact]
    public void Status_is_written_as_druid_writes_it_and_has_a_stop_reason_only_where_there_is_one()
    {
        var ended = IndexTaskStatus.Success("t1", 7, TaskLocation.Unknown);
        Assert.Equal("""{"id":"t1","status":"SUCCESS","duration":7,"errorMsg":null,"location":{"host":null,"port":-1,"tlsPort":-1}}""", JsonSerializer.Serialize(ended, ContractsJson.Default.IndexTaskStatus));
        var stopped = IndexTaskStatus.Success("t1", 7, TaskLocation.Unknown, "stopped by supervisor [wiki]: its replica [t2] has published");
        var json = JsonSerializer.Serialize(stopped, ContractsJson.Default.IndexTaskStatus);
        Assert.EndsWith(",\"stopReason\":\"stopped by supervisor [wiki]: its replica [t2] has published\"}", json, StringComparison.Ordinal);
        Assert.Equal(stopped, JsonSerializer.Deserialize(json, ContractsJson.Default.IndexTaskStatus));
    }

    [Fact]
    public void Offsets_are_read_under_the_older_names_too()
    {
        var read = JsonSerializer.Deserialize("""{"type":"kafka","partitions":{"type":"end","topic":"t","partitionOffsetMap":{"2":7,"t:3":8}}}""", ContractsJson.Default.KafkaDataSourceMetadata)!;
        Assert.Equal(("t", PartitionOffsets.Of((2, 7), (new StreamPartition("t", 3), 8))), (read.Stream, read.Offsets));
    }

    [Fact]
    public void Action_is_recognised_with_its_type_in_any_position()
    {
        var request = JsonSerializer.Deserialize("""
            {"task":{"id":"t1","more":{}},"action":{"dataSource":"wiki","timestamp":"2015-09-12T00:47:00.496Z","queryGranularity":{"type":"none"},"preferredSegmentGranularity":"DAY",
             "sequenceName":"s_0","shardSpecFactory":{"type":"numbered"},"type":"segmentAllocate"}}
            """, ContractsJson.Default.TaskActionRequest)!;
        Assert.Equal(new TaskAction.SegmentAllocate
        {
            DataSource = "wiki", Timestamp = new DateTimeOffset(2015, 9, 12, 0, 47, 0, 496, TimeSpan.Zero), QueryGranularity = Granularity.None, PreferredSegmentGranularity = Granularity.Day, SequenceName = "s_0",
        }, request.Action);
    }

    [Theory]
    [InlineData("2015-09-12T13:47:11.123Z", GranularityKind.Hour, "2015-09-12T13:00:00.000Z/2015-09-12T14:00:00.000Z")]
    [InlineData("2015-09-12T13:47:11.123Z", GranularityKind.FifteenMinute, "2015-09-12T13:45:00.000Z/2015-09-12T14:00:00.000Z")]
    [InlineData("2015-09-13T23:59:59.999Z", GranularityKind.Week, "2015-09-07T00:00:00.000Z/2015-09-14T00:00:00.000Z")]
    [InlineData("2016-02-29T00:00:00.000Z", GranularityKind.Month, "2016-02-01T00:00:00.000Z/2016-03-01T00:00:00.000Z")]
    [InlineData("2015-12-31T00:00:00.000Z", GranularityKind.Quarter, "2015-10-01T00:00:00.000Z/2016-01-01T00:00:00.000Z")]
    [InlineData("1969-12-31T23:59:59.999Z", GranularityKind.Day, "1969-12-31T00:00:00.000Z/1970-01-01T00:00:00.000Z")]
    [InlineData("2015-09-12T13:47:11.123Z", GranularityKind.Year, "2015-01-01T00:00:00.000Z/2016-01-01T00:00:00.000Z")]
    public void Granularity_cuts_time_as_druid_does(string time, GranularityKind kind, string bucket)
    {
        Assert.Equal(bucket, new Granularity(kind).Bucket(IsoTime.Read(time).ToUnixTimeMilliseconds()).ToString());
    }

    [Theory]
    [InlineData("PT1H", 3_600)]
    [InlineData("PT0.5S", 0.5)]
    [InlineData("P1DT2H3M4S", 93_784)]
    [InlineData("P2W", 1_209_600)]
    public void Periods_of_fixed_length_are_read(string text, double seconds)
    {
        Assert.True(IsoPeriod.TryRead(text, out var period));
        Assert.Equal(TimeSpan.FromSeconds(seconds), period);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1M")]
    [InlineData("P1Y")]
    [InlineData("1 hour")]
    [InlineData("PT1X")]
    [InlineData("PT5")]
    public void Other_periods_are_refused(string text) => Assert.False(IsoPeriod.TryRead(text, out _));

    [Fact]
    public void Druids_never_is_longer_than_anything()
    {
        Assert.True(IsoPeriod.TryRead("P2147483647D", out var period));
        Assert.Equal(TimeSpan.MaxValue, period);
    }

    [Theory]
    [InlineData("index_kafka_wiki_ck_54f6a5267597749_0", "6DB5840EE1A86056E89F3A9076A6064BE10C71DF")]
    [InlineData("index_kafka_wiki_ck_54f6a5267597749_1", "6AAD3C671625D9337E37C58954B0E5213431D5D1")]
    [InlineData("index_kafka_wiki_ck_54f6a5267597749_2", "ECFE0C4375CAA2314C1F9E96632787D544C41DED")]
    [InlineData("index_kafka_wiki_ck_54f6a5267597749_3", "4155BEBBF8DD0B13B106364297A8909D06BA761A")]
    public void Pending_segments_hash_to_what_druid_33_recorded(string sequenceName, string hash)
    {
        Interval.TryParse("2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z", out var day);
        Assert.Equal(hash, PendingSegmentHash.Compute(sequenceName, day, "2026-11-21T09:44:29.103Z"));
    }
}
