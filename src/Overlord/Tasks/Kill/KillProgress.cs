using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Json;

namespace Ingestion.Overlord.Tasks.Kill;

/// <summary>What a kill task has done so far, for its log and its report.</summary>
internal sealed class KillProgress(string taskId, TimeProvider time)
{
    private readonly long began = time.GetTimestamp();
    private readonly StringBuilder log = new();

    /// <summary>Segments removed from deep storage too.</summary>
    public int Killed { get; private set; }
    public int Batches { get; private set; }
    public long Millis => (long)time.GetElapsedTime(began).TotalMilliseconds;

    public string Log
    {
        get { lock (log) return log.ToString(); }
    }

    public void Add(KillBatch batch)
    {
        Killed += batch.Files.Count;
        Batches++;
        if (batch.Rows > 0) Note($"Deleted the rows of [{batch.Rows}] segments, and the files of [{batch.Files.Count}]: [{Killed}] in [{Batches}] batches.");
    }

    public void Note(string line)
    {
        lock (log) log.Append(IsoTime.Write(time.GetUtcNow())).Append(' ').Append(line).Append('\n');
    }

    /// <summary>Druid's <c>KillTaskReport</c>.</summary>
    public string Report() => JsonSerializer.Serialize(new { killUnusedSegments = new { type = "killUnusedSegments", taskId, payload = new { numSegmentsKilled = Killed, numBatchesProcessed = Batches } } });
}
