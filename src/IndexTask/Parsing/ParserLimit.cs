using System.Collections.Immutable;
using System.IO.Compression;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Parsing;

/// <summary>What parser and columns can do without Kafka: events per CPU-second of the whole process over the wikiticker sample.</summary>
public static class ParserLimit
{
    /// <summary>Raw: 16 string and 3 long dimensions, no rollup.</summary>
    public static DataSchema Raw { get; } = Schema(rollup: false, Granularity.None,
        ["channel", "cityName", "comment", "countryIsoCode", "countryName", "isAnonymous", "isMinor", "isNew", "isRobot", "isUnpatrolled", "metroCode", "namespace",
        "page", "regionIsoCode", "regionName", "user"], ["delta", "added", "deleted"], []);

    /// <summary>Rollup by minute: four dimensions, a count and three sums.</summary>
    public static DataSchema Rollup { get; } = Schema(rollup: true, new Granularity(GranularityKind.Minute), ["channel", "page", "user", "namespace"], [],
        [new AggregatorSpec("count", AggregatorKind.Count, null), new AggregatorSpec("added", AggregatorKind.LongSum, "added"),
        new AggregatorSpec("deleted", AggregatorKind.LongSum, "deleted"), new AggregatorSpec("delta", AggregatorKind.LongSum, "delta")]);

    /// <summary>The events of a gzip file of lines.</summary>
    public static IReadOnlyList<byte[]> ReadEvents(string gzipFile)
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(gzipFile), CompressionMode.Decompress));
        List<byte[]> events = [];
        while (lines.ReadLine() is { } line)
            events.Add(System.Text.Encoding.UTF8.GetBytes(line));
        return events;
    }

    /// <summary>Measures both schemas, each stage alone and all together, and prints events per CPU-second.</summary>
    /// <param name="repeats">How many times the sample is read in a row.</param>
    public static void Run(string gzipFile, int repeats, TextWriter output)
    {
        var events = ReadEvents(gzipFile);
        foreach (var (name, schema) in new[] { ("raw", Raw), ("rollup", Rollup) })
        {
            Parse(schema, events, 3, null);
            for (var round = 0; round < 3; round++)
            {
                var total = (double)events.Count * repeats;
                var start = Environment.CpuUsage.TotalTime;
                Parse(schema, events, repeats, null);
                var parsed = Environment.CpuUsage.TotalTime;
                var sink = new Sink(schema, Granularity.Day.Bucket(1442016000000));
                Parse(schema, events, repeats, sink);
                var appended = Environment.CpuUsage.TotalTime;
                var content = sink.ToContent(IndexSpec.Default);
                var sorted = Environment.CpuUsage.TotalTime;
                foreach (var column in content.Dimensions.Concat(content.Metrics))
                    column.Materialize();
                var materialized = Environment.CpuUsage.TotalTime;
                var size = Write(sink, out var written);
                var all = (appended - parsed) + written;
                output.WriteLine($"{name}: parse {Rate(parsed - start)}, with append {Rate(appended - parsed)}, sort {Rate(sorted - appended)}, materialize {Rate(materialized - sorted)}, "
                    + $"sort and write {Rate(written)}, all {Rate(all)}; {sink.RowCount:N0} rows, {sink.BytesInMemory:N0} bytes in memory, {size:N0} written, "
                    + $"gen0 {GC.CollectionCount(0)} gen1 {GC.CollectionCount(1)} gen2 {GC.CollectionCount(2)}");

                string Rate(TimeSpan cpu) => $"{total / cpu.TotalSeconds:N0}/s ({cpu.TotalNanoseconds / total:N0} ns)";
            }
        }
    }

    private static long Write(Sink sink, out TimeSpan cpu)
    {
        var directory = Directory.CreateTempSubdirectory("parser-limit");
        try
        {
            var start = Environment.CpuUsage.TotalTime;
            var size = SegmentWriter.Write(directory.FullName, sink.ToContent(IndexSpec.Default), CancellationToken.None);
            cpu = Environment.CpuUsage.TotalTime - start;
            return size;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Parse(DataSchema schema, IReadOnlyList<byte[]> events, int repeats, Sink? sink)
    {
        var parser = new EventParser(schema);
        var row = new ParsedRow();
        for (var i = 0; i < repeats; i++)
        {
            foreach (var json in events)
            {
                var result = parser.Parse(json, row);
                if (result.Outcome != ParseOutcome.Row)
                    throw new InvalidOperationException($"{result.Outcome}: {result.Problem?.Details[0]}");
                sink?.Append(row);
            }
        }
    }

    private static DataSchema Schema(bool rollup, Granularity query, string[] strings, string[] longs, ImmutableArray<AggregatorSpec> metrics) => new()
    {
        DataSource = "wikiticker",
        Timestamp = new TimestampSpec("time", "iso", null),
        Dimensions = [.. strings.Select(s => new DimensionSchema(s, ValueKind.String, "SORTED_ARRAY")), .. longs.Select(l => new DimensionSchema(l, ValueKind.Long, "SORTED_ARRAY"))],
        DimensionExclusions = [],
        Metrics = metrics,
        SegmentGranularity = Granularity.Day,
        QueryGranularity = query,
        Rollup = rollup,
    };
}
