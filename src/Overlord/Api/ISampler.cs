using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Api;

/// <summary>Shows how tasks would read events. What parses is the workers' own; the API knows no more of it than this.</summary>
internal interface ISampler
{
    Task<SampleOutcome> SampleAsync(SampleSpec spec, CancellationToken cancellation);
}

/// <summary>What came of sampling.</summary>
internal abstract record SampleOutcome
{
    private SampleOutcome() { }

    /// <param name="Json">Druid's <c>SamplerResponse</c>.</param>
    public sealed record Sampled(byte[] Json) : SampleOutcome;

    /// <summary>No events could be had: Kafka is away, or does not have the topic.</summary>
    public sealed record Failed(SpecProblem Problem) : SampleOutcome;

    /// <summary>Too many are sampling already.</summary>
    public sealed record Busy : SampleOutcome;
}
