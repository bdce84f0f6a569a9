using System.Globalization;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Times;

namespace Ingestion.Supervisor.Tests.Contracts;

/// <summary>Against what the classes of Druid 33 and Joda-Time 2.12.5 answered (Recorded/*.tsv): each line a granularity, its JSON as written back, and
/// instants with the start and end of their buckets.</summary>
public sealed class GranularityTests
{
    /// <summary>What Druid takes, and means another thing by than is said: a zone that it does not know is UTC, a negative period truncates nothing.</summary>
    private static readonly string[] RefusedHere = ["Nowhere/Town", "UTC+02:00", "P-1D"];

    [Fact]
    public void Buckets_are_druids()
    {
        var wrong = new List<string>();
        foreach (var cells in Lines("granularities.tsv").Select(l => l.Split('\t')))
        {
            var isRead = Granularity.TryRead(JsonDocument.Parse(cells[0]).RootElement, out var granularity);
            if (isRead == (cells[1][0] == '!' || RefusedHere.Any(cells[0].Contains))) { wrong.Add($"{cells[0]} was {(isRead ? "" : "not ")}read"); continue; }
            if (!isRead) continue;
            foreach (var (at, start, end) in cells.Skip(2).Select(Triple))
            {
                // All is eternity in Druid; and where its bucket does not hold the instant, ours does.
                if (start < InstantRange.Earliest || at < start || (at >= end && granularity.Bucket(at).Contains(at))) continue;
                var expected = new Interval(start, end);
                if (granularity.Bucket(at) != expected) wrong.Add($"{cells[0]} at {IsoTime.Write(at)}: {granularity.Bucket(at)}, not {expected}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n" + string.Join('\n', wrong.Take(25)));
    }

    [Fact]
    public void Json_is_written_as_druid_writes_it()
    {
        // Joda-Time replaces aliases by the zone they stand for, which reads back as the same.
        string[] aliases = ["US/Eastern", "Asia/Calcutta", "\"GMT\""];
        foreach (var cells in Lines("granularities.tsv").Select(l => l.Split('\t')).Where(c => c[1][0] != '!' && !RefusedHere.Concat(aliases).Any(c[0].Contains)))
        {
            var granularity = JsonSerializer.Deserialize(cells[0], ContractsJson.Default.Granularity);
            Assert.Equal(cells[1], JsonSerializer.Serialize(granularity, ContractsJson.Default.Granularity));
            Assert.Equal(granularity, JsonSerializer.Deserialize(cells[1], ContractsJson.Default.Granularity));
        }
    }

    [Fact]
    public void Granularities_tried_after_the_preferred_one_are_druids()
    {
        foreach (var cells in Lines("finer-granularities.tsv").Select(l => l.Split('\t')))
        {
            var at = long.Parse(cells[1], CultureInfo.InvariantCulture);
            var expected = cells.Skip(2).Select(c => c.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray())
                .Select(b => new Interval(Math.Max(b[0], InstantRange.Earliest), Math.Min(b[1], InstantRange.Latest)));
            Assert.True(Granularity.TryRead(JsonDocument.Parse(cells[0]).RootElement, out var granularity));
            Assert.Equal(expected, granularity.StandardUpTo().Select(g => g.Bucket(at)));
        }
    }

    [Theory]
    [InlineData("""{"type":"period","period":"P1D","timeZone":"America/New_York"}""")]
    [InlineData("""{"type":"period","period":"P2D","timeZone":"Europe/Paris"}""")]
    [InlineData("""{"type":"period","period":"P1W","timeZone":"Europe/Berlin"}""")]
    [InlineData("""{"type":"period","period":"P1M","timeZone":"America/New_York"}""")]
    [InlineData("""{"type":"period","period":"P3M","origin":"2015-02-01T00:00:00Z"}""")]
    [InlineData("""{"type":"period","period":"P1Y","timeZone":"Asia/Kolkata"}""")]
    [InlineData("""{"type":"period","period":"PT6H"}""")]
    [InlineData("""{"type":"period","period":"PT6H","timeZone":"America/New_York"}""")]
    [InlineData("""{"type":"period","period":"PT90M","timeZone":"Europe/Paris"}""")]
    [InlineData("""{"type":"period","period":"P1DT12H","timeZone":"Europe/Paris"}""")]
    [InlineData("""{"type":"period","period":"P1M15D","origin":"1940-02-01T00:00:00Z"}""")]
    [InlineData("""{"type":"duration","duration":5400000,"origin":"2015-02-01T00:10:00Z"}""")]
    [InlineData("\"SIX_HOUR\"")]
    [InlineData("\"WEEK\"")]
    [InlineData("\"QUARTER\"")]
    [InlineData("\"FIFTEEN_MINUTE\"")]
    public void Bucket_holds_its_instant_starts_itself_and_the_next_one_begins_at_its_end(string json)
    {
        Assert.True(Granularity.TryRead(JsonDocument.Parse(json).RootElement, out var granularity));
        var random = new Random(20261121);
        for (var i = 0; i < 2_000; i++)
        {
            var millis = random.NextInt64(-20L * 365 * CivilDate.DayMillis, 60L * 365 * CivilDate.DayMillis);
            var bucket = granularity.Bucket(millis);
            Assert.True(bucket.Contains(millis), $"{bucket} at {IsoTime.Write(millis)}");
            Assert.Equal(bucket, granularity.Bucket(bucket.StartMillis));
            Assert.Equal(bucket, granularity.Bucket(bucket.EndMillis - 1));
            Assert.Equal(bucket.EndMillis, granularity.Bucket(bucket.EndMillis).StartMillis);
        }
    }

    [Fact]
    public void Instants_at_both_ends_of_time_have_buckets()
    {
        foreach (var json in (string[])["\"WEEK\"", "\"YEAR\"", "\"QUARTER\"", """{"type":"period","period":"P1Y","timeZone":"America/New_York"}""", """{"type":"period","period":"P1W","timeZone":"Asia/Tokyo"}"""])
        {
            Assert.True(Granularity.TryRead(JsonDocument.Parse(json).RootElement, out var granularity));
            Assert.Equal((InstantRange.Earliest, InstantRange.Latest), (granularity.Bucket(InstantRange.Earliest).StartMillis, granularity.Bucket(InstantRange.Latest - 1).EndMillis));
        }
    }

    private static (long At, long Start, long End) Triple(string cell) => cell.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray() is [var at, var start, var end] ? (at, start, end) : throw new FormatException(cell);

    private static string[] Lines(string file) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Contracts", "Recorded", file));
}
