using System.Text.Json;
using Ingestion.IndexTask.Hosting;
using Ingestion.Overlord.Tasks.Kill;

namespace Ingestion.Overlord.Hosting;

/// <summary>Deep storage as the workers have it, opened when the first segment is removed.</summary>
internal sealed class SegmentFiles(StorageOptions options, ILoggerFactory loggers) : ISegmentFiles, IDisposable
{
    private readonly Lazy<SegmentRemoval> storage = new(() => SegmentRemoval.Open(options, loggers));

    public bool IsConfigured => options.DeepStorage is not null;

    public string? Objection(JsonElement loadSpec) => storage.Value.Objection(loadSpec);

    public Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation) => storage.Value.RemoveAsync(loadSpec, cancellation);

    public void Dispose()
    {
        if (storage.IsValueCreated) storage.Value.Dispose();
    }
}
