using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Kafka;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>Shows how a task would read events, for an overlord's sampler. Blocks the calling thread while it reads.</summary>
public static class Sampler
{
    /// <summary>Lines of inline data that are looked at, at most.</summary>
    private const int MostLines = 4 * SampleLimits.MostRows;

    /// <summary>Bytes of records that are read from Kafka, at most, but for the last one.</summary>
    private const long MostBytes = 32 << 20;
    private const long Prefetch = 4 << 20;
    private const int PollMillis = 100;

    /// <summary>Of events that stand in the spec.</summary>
    /// <param name="stop">Ends it; the answer has what was read until then.</param>
    /// <returns>Druid's <c>SamplerResponse</c>, JSON.</returns>
    public static byte[] OfInline(SampleSpec spec, CancellationToken stop)
    {
        var run = new SampleRun(spec, stop);
        run.Take(Encoding.UTF8.GetBytes(FirstLines(((SampleSource.Inline)spec.Source).Data)));
        return SampleAnswer.Write(run, spec.Limits);
    }

    /// <summary>Of records of Kafka. From the start of a stream it ends at its end; what is to come is waited for until <paramref name="stop"/>.</summary>
    /// <param name="offsets">Where to begin, by partition.</param>
    /// <param name="stop">Ends it; the answer has what was read until then.</param>
    /// <param name="logger">Receives librdkafka's log.</param>
    /// <returns>Druid's <c>SamplerResponse</c>, JSON.</returns>
    /// <exception cref="SampleFailedException">A property is refused, or nothing was read because Kafka cannot be.</exception>
    public static byte[] OfStream(SampleSpec spec, IReadOnlyDictionary<StreamPartition, long> offsets, ILogger logger, CancellationToken stop)
    {
        var source = (SampleSource.Kafka)spec.Source;
        StreamPartition[] partitions = [.. offsets.Keys];
        var run = new SampleRun(spec, stop);
        try
        {
            using var reader = new RecordReader(ReaderProperties.For(source.ConsumerProperties, logger, Prefetch), source.Stream.Name, partitions, logger);
            reader.Assign([.. partitions.Select(p => offsets[p])]);
            Read(reader, run, spec.Format is InputFormat.Kafka kafka ? new RecordPacking(source.Stream.Name, partitions, kafka.Headers is not null) : null, source.FromStart ? partitions.Length : null);
            if (run.Rows.Count == 0 && reader.Trouble is { } trouble) throw new SampleFailedException(trouble);
        }
        catch (KafkaSettingException e) { throw new SampleFailedException(e.Message, e); }
        return SampleAnswer.Write(run, spec.Limits);
    }

    /// <param name="packing">Null: the format wants values only.</param>
    /// <param name="ends">Partitions after whose ends nothing more is waited for; null: whatever comes is waited for.</param>
    private static void Read(RecordReader reader, SampleRun run, RecordPacking? packing, int? ends)
    {
        var ended = new HashSet<int>();
        for (var bytes = 0L; !run.IsOver && bytes < MostBytes && ended.Count != ends;)
        {
            var count = reader.Read(PollMillis);
            for (var i = 0; i < count && !run.IsOver; i++)
            {
                var record = reader[i];
                if (record.Kind is KafkaRecordKind.EndOfPartition or KafkaRecordKind.OffsetOutOfRange) ended.Add(record.Partition);
                if (record.Kind != KafkaRecordKind.Event) continue;
                bytes += record.Value.Length;
                run.Take(packing is null ? record.Value : packing.Pack(record));
            }
        }
    }

    private static string FirstLines(string text)
    {
        var end = -1;
        for (var lines = 0; lines < MostLines; lines++)
        {
            end = text.IndexOf('\n', end + 1);
            if (end < 0) return text;
        }
        return text[..end];
    }
}
