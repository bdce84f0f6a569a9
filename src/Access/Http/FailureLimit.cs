namespace Ingestion.Access.Http;

/// <summary>Counts failures by key, and says how long a key has to wait once it has had too many. A window begins with a key's first failure. ASP.NET Core's rate limiters count requests, not failures,
/// and run on a clock that a test cannot set.</summary>
internal sealed class FailureLimit(TimeProvider time)
{
    /// <summary>Failures that a key has in a window before it is made to wait for the window's end.</summary>
    public const int Most = 10;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Beyond it those forgotten first are the oldest.</summary>
    public const int MostKeys = 10_000;

    private readonly Dictionary<string, (int Count, long Since)> failures = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public int Keys { get { lock (gate) return failures.Count; } }

    /// <returns>Null: it need not wait.</returns>
    public TimeSpan? Wait(string key)
    {
        lock (gate)
        {
            if (!failures.TryGetValue(key, out var entry) || entry.Count < Most) return null;
            var left = Window - time.GetElapsedTime(entry.Since);
            return left > TimeSpan.Zero ? left : null;
        }
    }

    /// <returns>Whether this failure is the one after which the key has to wait.</returns>
    public bool Count(string key)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (!failures.TryGetValue(key, out var entry))
            {
                if (failures.Count >= MostKeys) MakeRoom();
                entry = (0, now);
            }
            else if (time.GetElapsedTime(entry.Since) >= Window) entry = (0, now);
            failures[key] = (entry.Count + 1, entry.Since);
            return entry.Count + 1 == Most;
        }
    }

    private void MakeRoom()
    {
        foreach (var (key, entry) in failures)
            if (time.GetElapsedTime(entry.Since) >= Window) failures.Remove(key);
        foreach (var (key, _) in failures.OrderBy(f => f.Value.Since).Take(failures.Count - MostKeys + MostKeys / 10).ToList()) failures.Remove(key);
    }
}
