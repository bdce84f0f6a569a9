using System.Text.Json;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads the two kinds of sampler specs that are run here: a Kafka supervisor spec, and a batch task (<c>index</c>) whose data is in the spec itself, which is how
/// Druid's console asks for the same events again and again.</summary>
internal static class SampleSpecReader
{
    private const int DefaultRows = 200, DefaultMillis = 10_000;

    public static SampleReading Read(ReadOnlySpan<byte> utf8)
    {
        var (document, wrong) = PlainJson.Parse(utf8, "a sampler spec");
        if (document is null) return new SampleReading(null, wrong);
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object) return new SampleReading(null, [new SpecProblem("$", "a sampler spec is a JSON object")]);
            var problems = new List<SpecProblem>();
            var node = new SpecNode(document.RootElement, "$", problems);
            var type = node.Text("type", required: true);
            var limits = ReadLimits(node);
            var spec = type switch
            {
                null => null,
                SupervisorSpec.KafkaType => ReadKafka(node, limits, problems),
                "index" or "index_parallel" => ReadInline(node, limits, problems),
                _ => null,
            };
            if (type is not null && spec is null && problems.Count == 0) node.Problem("type", $"[{type}] is not sampled here: use {SupervisorSpec.KafkaType}, or index with inline data");
            return new SampleReading(problems.Count == 0 ? spec : null, problems);
        }
    }

    private static SampleSpec? ReadKafka(SpecNode node, SampleLimits limits, List<SpecProblem> problems)
    {
        var reading = SupervisorSpecReader.Read(node.Json);
        problems.AddRange(reading.Problems);
        if (reading.Spec is not { IoConfig: var io }) return null;
        var parts = node.Object("spec") ?? node;
        return new SampleSpec
        {
            Source = new SampleSource.Kafka(io.Stream, io.ConsumerProperties, io.UseEarliestOffset),
            Schema = DataSchema.Read(parts.Object("dataSchema")!.Value.Json, "$.spec.dataSchema", problems)!,
            Format = InputFormat.Read(parts.Object("ioConfig")!.Value.Object("inputFormat")!.Value, problems)!,
            Limits = limits,
        };
    }

    private static SampleSpec? ReadInline(SpecNode node, SampleLimits limits, List<SpecProblem> problems)
    {
        if (node.Object("spec", required: true) is not { } spec) return null;
        var schema = spec.Object("dataSchema", required: true) is { } given ? DataSchema.Read(given.Json, given.Path, problems) : null;
        if (spec.Object("ioConfig", required: true) is not { } io) return null;
        var data = ReadData(io);
        var format = io.Object("inputFormat", required: true) is { } input ? ReadFormat(input, problems) : null;
        return data is null || schema is null || format is null ? null : new SampleSpec { Source = new SampleSource.Inline(data), Schema = schema, Format = format, Limits = limits };
    }

    private static string? ReadData(SpecNode io)
    {
        if (io.Object("inputSource", required: true) is not { } source || source.Text("type", required: true) is not { } type) return null;
        if (type == "inline")
        {
            var data = source.Text("data", required: true);
            if (data?.Length == 0) source.Problem("data", "is empty");
            return data;
        }
        source.Problem("type", $"[{type}] is not read here: the sampler takes inline data, and Kafka");
        return null;
    }

    /// <summary>Each line is an event, as in Druid, whatever the format says of line breaks within an event of Kafka.</summary>
    private static InputFormat? ReadFormat(SpecNode node, List<SpecProblem> problems)
    {
        var format = InputFormat.Read(node, problems);
        if (format is InputFormat.Kafka) node.Problem("type", "[kafka] is for records of Kafka, and inline data are none");
        return format is InputFormat.Json json ? json with { Framing = JsonFraming.Lines } : format;
    }

    private static SampleLimits ReadLimits(SpecNode node)
    {
        if (node.Object("samplerConfig") is not { } config) return new SampleLimits(DefaultRows, TimeSpan.FromMilliseconds(DefaultMillis), long.MaxValue, 0);
        var rows = config.Integer("numRows", DefaultRows, 0);
        if (rows > SampleLimits.MostRows) config.Problem("numRows", $"is {rows}: at most {SampleLimits.MostRows} are sampled");
        var millis = config.Integer("timeoutMs", int.MinValue) ?? DefaultMillis;
        return new SampleLimits(rows, TimeSpan.FromMilliseconds(Math.Clamp(millis, 0, int.MaxValue)), ReadBytes(config, "maxBytesInMemory") ?? long.MaxValue, ReadBytes(config, "maxClientResponseBytes") ?? 0);
    }

    /// <summary>A number of bytes, or one with Druid's units: <c>10M</c> is ten million, <c>10Mi</c> and <c>10MiB</c> are 1,048,576 times as much as <c>10</c>.</summary>
    private static long? ReadBytes(SpecNode config, string name)
    {
        if (config.Member(name) is not { ValueKind: JsonValueKind.String } member) return config.Integer(name, 0L);
        var text = member.GetString()!.Trim();
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var unit = text[digits..].ToUpperInvariant();
        var isBinary = unit.Length > 1 && unit[1..] is "I" or "IB";
        var power = unit.Length == 0 ? 0 : isBinary || unit.Length == 1 ? "KMGTP".IndexOf(unit[0], StringComparison.Ordinal) + 1 : -1;
        if (digits is > 0 and <= 18 && (unit.Length == 0 || power > 0) && long.Parse(text[..digits], System.Globalization.CultureInfo.InvariantCulture) * Math.Pow(isBinary ? 1024 : 1000, power) is var bytes and <= long.MaxValue / 2) return (long)bytes;
        config.Problem(name, $"[{text}] is not a number of bytes, such as 1000000, 10M or 10MiB");
        return null;
    }
}
