using System.Text.Json;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Removes segments from deep storage, for an overlord's kill tasks.</summary>
public sealed class SegmentRemoval : IDisposable
{
    private readonly IDeepStorage storage;

    private SegmentRemoval(IDeepStorage storage) => this.storage = storage;

    /// <param name="arguments">A worker's options of deep storage: <c>--deep-storage</c> and what goes with it.</param>
    /// <param name="loggers">Where to log.</param>
    /// <exception cref="FormatException">Something is missing or wrong; no secret is in the message.</exception>
    /// <exception cref="IOException">S3's region or credentials are missing.</exception>
    public static SegmentRemoval Open(IReadOnlyList<string> arguments, ILoggerFactory loggers)
    {
        var (location, s3) = Read(arguments);
        return new SegmentRemoval(DeepStorage.Open(location, s3, Path.GetTempPath(), loggers));
    }

    /// <summary>Checks options without opening anything.</summary>
    /// <exception cref="FormatException">As <see cref="Open"/>.</exception>
    public static void Check(IReadOnlyList<string> arguments) => _ = Read(arguments);

    /// <summary>Why a segment of this load spec cannot be removed; null: it can.</summary>
    public string? Objection(JsonElement loadSpec) => storage.Objection(loadSpec);

    /// <summary>Removes a segment to which there is no <see cref="Objection"/>. That it is gone already is as it should be.</summary>
    /// <exception cref="IOException">It cannot be removed; the message says why.</exception>
    public Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation) => storage.RemoveAsync(loadSpec, cancellation);

    public void Dispose() => storage.Dispose();

    private static (string Location, Publish.S3.S3Settings S3) Read(IReadOnlyList<string> arguments)
    {
        var values = WorkerOptions.Pairs(arguments);
        var read = DeepStorageOptions.Take(values);
        return values.Count == 0 ? read : throw new FormatException($"{values.Keys.First()} is no option of deep storage");
    }
}
