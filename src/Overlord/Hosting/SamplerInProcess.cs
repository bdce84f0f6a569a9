using Confluent.Kafka;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Hosting.Sampling;
using Ingestion.Overlord.Api;
using Ingestion.Overlord.Stream;

namespace Ingestion.Overlord.Hosting;

/// <summary>The sampler, run in the overlord's process with the parsing and the columns of workers: a few samples at a time, each on a thread of its own and for a limited time.</summary>
internal sealed class SamplerInProcess(StreamObserver stream, ILogger<SamplerInProcess> logger) : ISampler
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60), Patience = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim turns = new(AtOnce);

    public async Task<SampleOutcome> SampleAsync(SampleSpec spec, CancellationToken cancellation)
    {
        if (!await turns.WaitAsync(Patience, cancellation)) return new SampleOutcome.Busy();
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            over.CancelAfter(spec.Limits.Time > TimeSpan.Zero && spec.Limits.Time < Longest ? spec.Limits.Time : Longest);
            var outcome = spec.Source is SampleSource.Kafka kafka ? await OfStreamAsync(spec, kafka, over.Token) : new SampleOutcome.Sampled(await OnThreadAsync(() => Sampler.OfInline(spec, over.Token)));
            cancellation.ThrowIfCancellationRequested();
            return outcome;
        }
        finally { turns.Release(); }
    }

    private async Task<SampleOutcome> OfStreamAsync(SampleSpec spec, SampleSource.Kafka source, CancellationToken over)
    {
        try
        {
            var observed = await stream.ObserveAsync(source.Stream, source.ConsumerProperties, TimeSpan.Zero, over);
            var offsets = observed.Partitions.ToDictionary(p => p.Key, p => source.FromStart ? p.Value.Earliest : p.Value.Latest);
            return new SampleOutcome.Sampled(await OnThreadAsync(() => Sampler.OfStream(spec, offsets, logger, over)));
        }
        catch (KafkaException e) when (e.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition) { return Failed("topic", e.Message); }
        catch (OperationCanceledException) { return Failed("consumerProperties", $"Kafka has not answered within {spec.Limits.Time.TotalSeconds:0.#} s (samplerConfig.timeoutMs)"); }
        catch (Exception e) when (e is SampleFailedException || StreamObserver.IsFailure(e)) { return Failed("consumerProperties", $"Kafka cannot be read: {e.Message}"); }
    }

    private static SampleOutcome.Failed Failed(string member, string message) => new(new SpecProblem($"$.spec.ioConfig.{member}", message));

    private static Task<byte[]> OnThreadAsync(Func<byte[]> sample) => Task.Factory.StartNew(sample, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
