using System.Text.Json;

namespace Ingestion.Overlord.Tasks.Kill;

/// <summary>The files of segments in deep storage, to be removed.</summary>
internal interface ISegmentFiles
{
    /// <summary>False: this overlord was not told where deep storage is.</summary>
    bool IsConfigured { get; }

    /// <summary>Why a segment of this load spec cannot be removed; null: it can.</summary>
    string? Objection(JsonElement loadSpec);

    /// <summary>Removes a segment to which there is no objection. That it is gone already is as it should be.</summary>
    /// <exception cref="IOException">It cannot be removed; the message says why.</exception>
    Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation);
}
