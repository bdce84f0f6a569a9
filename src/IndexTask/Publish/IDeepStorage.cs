using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Publish;

/// <summary>Where published segments are kept, and where Historicals load them from by their load spec.</summary>
public interface IDeepStorage : IDisposable
{
    /// <summary>Writes a segment under a place of its own, so that replicas never overwrite each other (Druid's <c>useUniquePath</c>). Whatever may pass is tried
    /// again; where it ends otherwise nothing is left behind.</summary>
    /// <param name="id">Of the segment.</param>
    /// <param name="content">Asked for each time that the segment's files are written.</param>
    /// <param name="retries">Told what goes wrong.</param>
    /// <param name="cancellation">Gives it up.</param>
    Task<DataSegment> PushAsync(SegmentIdWithShardSpec id, Func<SegmentContent> content, Retries retries, CancellationToken cancellation);

    /// <summary>Removes a segment pushed here; one of elsewhere is left alone. One that cannot be removed is logged and left to the clean-up duty.</summary>
    Task DeleteAsync(DataSegment segment, CancellationToken cancellation);

    /// <summary>Why a segment that lies where its load spec says cannot be removed from here; null: it can.</summary>
    string? Objection(JsonElement loadSpec);

    /// <summary>Removes a segment's files, and folders that have nothing else. That it is gone already is as it should be.</summary>
    /// <param name="loadSpec">One to which there is no <see cref="Objection"/>.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="DeepStorageException">It cannot be removed.</exception>
    Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation);
}
