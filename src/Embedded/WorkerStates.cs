using System.Net.Http.Json;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Embedded;

/// <summary>Asks workers themselves, as a leader does.</summary>
public static class WorkerStates
{
    /// <summary>What a worker runs or ran.</summary>
    /// <param name="before">What was answered last: only what has changed since is told. Null: all is.</param>
    public static async Task<WorkerState> OfAsync(HttpClient http, Uri worker, WorkerState? before = null, CancellationToken cancellation = default) =>
        await http.GetFromJsonAsync(new Uri(worker, $"/druid-internal/v1/worker/tasks?boot={before?.BootId}&since={before?.Revision ?? -1}"), ContractsJson.Default.WorkerState, cancellation) ?? throw new JsonException("the worker answered null");
}
