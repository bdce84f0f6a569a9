namespace Ingestion.Overlord.Supervision;

/// <summary>Work by key: what has the same key is done in its order, one after the other, the rest at once. A key without work takes no memory.</summary>
internal sealed class Lanes
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Lane> lanes = new(StringComparer.Ordinal);

    /// <summary>Keys with work.</summary>
    public int Count { get { lock (gate) return lanes.Count; } }

    /// <param name="work">Does not throw.</param>
    public void Run(string key, Func<Task> work)
    {
        lock (gate)
        {
            if (!lanes.TryGetValue(key, out var lane)) lanes[key] = lane = new Lane();
            lane.Pending++;
            lane.Last = AfterAsync(lane, lane.Last, key, work);
        }
    }

    private async Task AfterAsync(Lane lane, Task before, string key, Func<Task> work)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // not within the gate
        try { await work(); }
        finally
        {
            lock (gate)
                if (--lane.Pending == 0) lanes.Remove(key);
        }
    }

    private sealed class Lane
    {
        public Task Last { get; set; } = Task.CompletedTask;
        public int Pending { get; set; }
    }
}
