using System.Collections.Immutable;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Specs;

/// <summary>Which events to show and how they are read: the body of Druid's <c>POST /druid/indexer/v1/sampler</c>.</summary>
public sealed record SampleSpec
{
    public required SampleSource Source { get; init; }
    public required DataSchema Schema { get; init; }
    public required InputFormat Format { get; init; }
    public required SampleLimits Limits { get; init; }

    /// <summary>Reads and validates; every problem is listed.</summary>
    public static SampleReading Read(ReadOnlySpan<byte> utf8) => SampleSpecReader.Read(utf8);
}

/// <summary>Where the events of a sample come from.</summary>
public abstract record SampleSource
{
    private SampleSource() { }

    /// <summary>The spec holds them, one a line.</summary>
    public sealed record Inline(string Data) : SampleSource;

    /// <param name="FromStart">From the earliest offsets; else what arrives from now on.</param>
    public sealed record Kafka(SourceStream Stream, ImmutableSortedDictionary<string, string> ConsumerProperties, bool FromStart) : SampleSource;
}

/// <summary>Where a sample ends: Druid's <c>samplerConfig</c>.</summary>
/// <param name="Rows">That are answered, at most <see cref="MostRows"/>.</param>
/// <param name="Time">Of reading; zero: as long as the overlord allows.</param>
/// <param name="MemoryBytes">Of the rows as columns.</param>
/// <param name="ResponseBytes">Of the rows in the answer; the one that exceeds it is the last. Zero: no limit.</param>
public sealed record SampleLimits(int Rows, TimeSpan Time, long MemoryBytes, long ResponseBytes)
{
    public const int MostRows = 5_000;
}

/// <summary>A spec, or all that is wrong with it.</summary>
public sealed record SampleReading(SampleSpec? Spec, IReadOnlyList<SpecProblem> Problems);
