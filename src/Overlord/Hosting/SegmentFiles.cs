using System.Text.Json;
using Ingestion.IndexTask.Hosting;
using Ingestion.Overlord.Tasks.Kill;

namespace Ingestion.Overlord.Hosting;

/// <summary>Deep storage as the workers have it, opened when the first segment is removed.</summary>
/// <param name="arguments">A worker's options of deep storage; none: it is not known.</param>
internal sealed class SegmentFiles(IReadOnlyList<string> arguments, ILoggerFactory loggers) : ISegmentFiles, IDisposable
{
    private readonly Lazy<SegmentRemoval> storage = new(() => SegmentRemoval.Open(arguments, loggers));

    public bool IsConfigured => arguments.Count > 0;

    public string? Objection(JsonElement loadSpec) => storage.Value.Objection(loadSpec);

    public Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation) => storage.Value.RemoveAsync(loadSpec, cancellation);

    public void Dispose()
    {
        if (storage.IsValueCreated) storage.Value.Dispose();
    }
}
