using System.Text.Json;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Removes segments from deep storage, for an overlord's kill tasks.</summary>
public sealed class SegmentRemoval : IDisposable
{
    private readonly IDeepStorage storage;

    private SegmentRemoval(IDeepStorage storage) => this.storage = storage;

    /// <exception cref="ArgumentException">The options do not say where deep storage is.</exception>
    /// <exception cref="IOException">S3's region or credentials are missing.</exception>
    public static SegmentRemoval Open(StorageOptions options, ILoggerFactory loggers) =>
        new(DeepStorage.Open(options.DeepStorage ?? throw new ArgumentException("nobody told where deep storage is", nameof(options)), options.S3, Path.GetTempPath(), loggers));

    /// <summary>Why a segment of this load spec cannot be removed; null: it can.</summary>
    public string? Objection(JsonElement loadSpec) => storage.Objection(loadSpec);

    /// <summary>Removes a segment to which there is no <see cref="Objection"/>. That it is gone already is as it should be.</summary>
    /// <exception cref="IOException">It cannot be removed; the message says why.</exception>
    public Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation) => storage.RemoveAsync(loadSpec, cancellation);

    public void Dispose() => storage.Dispose();
}
