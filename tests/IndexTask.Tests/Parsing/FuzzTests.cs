using System.Reflection;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>Events, formats and schemas damaged at random, by fixed seeds and one that the commit decides: nothing throws, and the events beside a bad one are read.</summary>
public sealed class FuzzTests
{
    private const long MostBytesKept = 16 << 20;

    private static readonly Interval AllTime = new(DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    private static readonly (string Format, string Event)[] Formats =
    [
        ("""{"type":"json"}""", """{"time":"2015-09-12T01:02:03Z","page":"a\u00e9","n":[1,2.5,"x",null],"l":12,"d":1e-7,"o":{"k":[{}]},"b":true}"""),
        ("""{"type":"json","useJsonNodeReader":true}""", """{"time":1442016000000,"page":"x"} {"time":1442016000001,"page":"y","l":"5"}"""),
        ("""{"type":"json","assumeNewlineDelimited":true}""", "{\"time\":\"2015-09-12\",\"page\":\"x\"}\r\n{\"time\":\"2015-09-12\",\"d\":\"-0.5\"}\n"),
        ("""{"type":"json","flattenSpec":{"fields":[{"type":"path","name":"page","expr":"$.o.k[*]['x']"},{"type":"tree","name":"l","nodes":["o","n"]},"d"]}}""", """{"time":"2015-09-12","o":{"k":[{"x":"p"},{"x":[1]}],"n":7},"d":3.5}"""),
        ("""{"type":"csv","columns":["time","page","l","d"],"listDelimiter":"|"}""", "2015-09-12,\"a, \"\"b\"\"\",12,1.5\r\n2015-09-13,x|y,-1,\n"),
        ("""{"type":"tsv","findColumnsFromHeader":true,"skipHeaderRows":1,"tryParseNumbers":true}""", "skipped\ntime\tpage\tl\td\n2015-09-12\tp\t7\t1e3\n"),
        ("""{"type":"regex","pattern":"(\\S+) \\[(\\w+)\\](?: \\+(\\d+))?","columns":["time","page","l"]}""", "2015-09-12T00:00:01Z [home] +7\n2015-09-13 [x]"),
    ];

    private static readonly string[] Schemas =
    [
        """{"dataSource":"d","timestampSpec":{"column":"time","format":"auto"},"dimensionsSpec":{"dimensions":["page",{"type":"long","name":"l"},{"type":"double","name":"d"},{"type":"auto","name":"b"},{"type":"auto","name":"n","castToType":"LONG"}]},"metricsSpec":[{"type":"count","name":"c"},{"type":"longSum","name":"s","fieldName":"l"}],"granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"HOUR","rollup":true}}""",
        """{"dataSource":"d","timestampSpec":{"column":"time","format":"yyyy-MM-dd'T'HH:mm:ssZ","missingValue":"2000-01-01"},"dimensionsSpec":{"useSchemaDiscovery":true,"dimensionExclusions":["o"]},"granularitySpec":{"rollup":false}}""",
        """{"dataSource":"d","timestampSpec":{"column":"time"},"dimensionsSpec":{"includeAllDimensions":true,"dimensions":["page"]},"metricsSpec":[{"type":"doubleMax","name":"m","fieldName":"d"}],"granularitySpec":{"queryGranularity":{"type":"period","period":"P1D","timeZone":"UTC"},"rollup":true}}""",
    ];

    public static TheoryData<int> Seeds => [1, 2, SeedOfCommit()];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Damaged_events_are_told_and_lose_no_neighbour(int seed)
    {
        var random = new Random(seed);
        var runs = 0;
        foreach (var schemaJson in Schemas)
        {
            foreach (var (formatJson, text) in Formats)
            {
                var wraps = random.Next(3) == 0;
                var format = Ingested.Format(wraps ? $$"""{"type":"kafka","valueFormat":{{formatJson}},"keyFormat":{"type":"json"},"headerFormat":{"type":"string"} }""" : formatJson);
                var (schema, row) = (Schema(schemaJson) ?? throw new ArgumentException(schemaJson), new ParsedRow());
                var parser = IEventParser.For(schema, format);
                using var sink = new Sink(schema, AllTime);
                var good = Encoding.UTF8.GetBytes(text);
                var expected = Rows(parser, wraps ? Packed(good) : good, row, sink);
                for (var i = 0; i < 1600; i++, runs++)
                {
                    var damaged = Damage(random, good);
                    Rows(parser, wraps ? Packed(damaged) : damaged, row, random.Next(10) == 0 ? sink : null);
                    if (i % 10 == 0)
                        Assert.Equal(expected, Rows(parser, wraps ? Packed(good) : good, row, null));
                }

                Assert.InRange(sink.BytesInMemory, 0, MostBytesKept);
                if (sink.RowCount > 0)
                    sink.ToContent(IndexTask.Segment.IndexSpec.Default);
            }
        }

        Assert.Equal(1600 * Schemas.Length * Formats.Length, runs); // of 100,000 events for all seeds
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Damaged_schemas_and_formats_are_refused_or_run(int seed)
    {
        var random = new Random(seed);
        var taken = 0;
        for (var i = 0; i < 3400; i++)
        {
            var schemaJson = Encoding.UTF8.GetString(DamageText(random, Schemas[random.Next(Schemas.Length)]));
            var (formatJson, text) = Formats[random.Next(Formats.Length)];
            if (random.Next(2) == 0)
                formatJson = Encoding.UTF8.GetString(DamageText(random, formatJson));
            List<SpecProblem> problems = [];
            if (Json(formatJson) is not { } input || Schema(schemaJson) is not { } schema || InputFormat.Read(new SpecNode(input, "$", problems), problems) is not { } format)
                continue;
            taken++;
            using var sink = new Sink(schema, AllTime);
            Rows(IEventParser.For(schema, format), format is InputFormat.Kafka ? Packed(Encoding.UTF8.GetBytes(text)) : Encoding.UTF8.GetBytes(text), new ParsedRow(), sink);
        }

        Assert.InRange(taken, 100, 3400);
    }

    private static int Rows(IEventParser parser, ReadOnlySpan<byte> value, ParsedRow row, Sink? sink)
    {
        var rows = 0;
        for (var result = parser.Parse(value, row); ; result = parser.Next(row))
        {
            if (result.Outcome is ParseOutcome.Row or ParseOutcome.RowWithErrors)
            {
                rows++;
                sink?.Append(row);
            }

            if (!result.HasMore)
                return rows;
        }
    }

    private static byte[] Packed(byte[] value)
    {
        var writer = new RecordEnvelope.Writer();
        writer.Begin(1442016000000, "events"u8, "{\"k\":1}"u8, hasKey: true);
        writer.Header("h"u8, "v"u8, hasValue: true);
        return writer.End(value).ToArray();
    }

    private static DataSchema? Schema(string json) => Json(json) is { } read ? DataSchema.Read(read, "$", []) : null;

    private static JsonElement? Json(string json)
    {
        try
        {
            return JsonDocument.Parse(json).RootElement is { ValueKind: JsonValueKind.Object } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Damage(Random random, byte[] good)
    {
        List<byte> bytes = [.. good];
        for (var damages = random.Next(1, 4); damages > 0 && bytes.Count > 0; damages--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at)); break;
                case 3: bytes.Insert(at, (byte)"{}[]\",:\\\n\r\t 09-.eEnu|\u0001"[random.Next(22)]); break;
                case 4: bytes.InsertRange(at, bytes.Slice(0, random.Next(bytes.Count + 1))); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }

    // Of a JSON text mostly a value, a name or a word: what stays JSON goes further.
    private static byte[] DamageText(Random random, string json)
    {
        for (var damages = random.Next(1, 4); damages > 0; damages--)
        {
            var quotes = json.Select((c, i) => (c, i)).Where(p => p.c == '"').Select(p => p.i).ToList();
            var word = random.Next(quotes.Count / 2) * 2;
            if (quotes.Count < 2 || word + 1 >= quotes.Count || random.Next(8) == 0)
                return Damage(random, Encoding.UTF8.GetBytes(json));
            string[] others = ["", "null", "0", "-1", "1e999", "true", "[]", "{}", "[\"time\"]", "\"time\"", "\"\"", "\"auto\"", "\"PT1H\"", "\"\uFFFF\"", "\"a,b\"", "{\"type\":\"all\"}", "\"(((a)*)*)*b\"", "\"$..a\""];
            json = json[..quotes[word]] + others[random.Next(others.Length)] + json[(quotes[word + 1] + 1)..];
        }

        return Encoding.UTF8.GetBytes(json);
    }

    // The same for all runs of a commit, another one for the next.
    private static int SeedOfCommit()
    {
        var version = typeof(IEventParser).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        return version.Aggregate(17, (seed, c) => unchecked((seed * 31) + c));
    }
}
