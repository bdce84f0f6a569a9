using System.Globalization;
using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Times;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>Against what TimestampParser of Druid 33 answered (Fixtures/Times/timestamps.tsv): each line a format, a JSON value and the epoch
/// milliseconds, or <c>unparseable</c>. Recorded in 2026, which is what two-digit years depend on.</summary>
public sealed class RecordedTimestampTests
{
    [Fact]
    public void Every_format_reads_what_druid_reads()
    {
        var wrong = new List<string>();
        foreach (var line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "Times", "timestamps.tsv")))
        {
            var cells = line.Split('\t');
            // Druid goes on to years that no instant here has.
            var expected = long.TryParse(cells[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var millis) && InstantRange.Contains(millis) ? cells[2] : "unparseable";
            var read = Read(cells[0], cells[1]);
            if (read != expected) wrong.Add($"{line} but {read}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n" + string.Join('\n', wrong.Take(60)));
    }

    [Theory]
    [InlineData("yyyy-MM-dd HH:mm:ss.SSS Z", "2015-09-12 00:46:58.771 +0200")]
    [InlineData("EEE MMM dd HH:mm:ss Z yyyy", "Sat Sep 12 00:46:58 +0000 2015")]
    [InlineData("yyyy-MM-dd HH:mm:ss ZZZ", "2015-09-12 00:46:58 America/New_York")]
    [InlineData("xxxx-'W'ww-e", "2015-W37-6")]
    [InlineData("auto", "2015-09-12 00:46:58 America/New_York")]
    public void Nothing_is_allocated_for_a_time(string format, string text)
    {
        var (reader, bytes) = (new TimestampReader(new TimestampSpec("time", format, null), 2026), Encoding.UTF8.GetBytes(text));
        Assert.True(reader.TryRead(bytes, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            reader.TryRead(bytes, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }

    [Fact]
    public void Random_text_is_a_time_or_none_and_never_an_error()
    {
        var random = new Random(20261121);
        string[] formats = ["auto", "iso", "posix", "ruby", "nano", "yyyy-MM-dd HH:mm:ss ZZZ", "EEE MMM dd yy hh a z", "xxxx-ww-e", "yyyyDDDHHmmssSSS", "G YYYY é"];
        var readers = formats.Select(f => new TimestampReader(new TimestampSpec("time", f, null), 2026)).ToArray();
        const string letters = "0123456789-:./ TZzWwAPMSepat+\"éUTCurope/Berlin";
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 30)).Select(_ => letters[random.Next(letters.Length)]));
            if (readers[i % readers.Length].TryRead(Encoding.UTF8.GetBytes(text), out var millis)) Assert.True(InstantRange.Contains(millis), text);
        }
    }

    private static string Read(string format, string json)
    {
        var spec = new TimestampSpec("time", format, null);
        if (spec.Kind == TimestampFormat.Pattern && !JodaPattern.TryParse(format, out _, out _)) return "unparseable"; // Druid says so at the first event
        var (parser, row) = (new EventParser(Ingested.Schema("x") with { Timestamp = spec }), new ParsedRow());
        return parser.Parse(Encoding.UTF8.GetBytes($"{{\"time\":{json}}}"), row).Outcome == ParseOutcome.Row ? row.TimeMillis.ToString(CultureInfo.InvariantCulture) : "unparseable";
    }
}
