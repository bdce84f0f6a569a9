using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;

namespace Ingestion.Access.Users;

/// <summary>Checks passwords. A check takes a core for a good part of a second, so few run at a time, and a password that was right is remembered, by a hash under a key that only this process has.</summary>
internal sealed class Passwords : IDisposable
{
    /// <summary>Remembered passwords; there are as many as users, and names are short.</summary>
    private const int MostRemembered = 1_000;

    /// <summary>Checks that may wait for their turn.</summary>
    private const int MostWaiting = 64;

    private readonly UserTable users;
    private readonly byte[] key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly ConcurrentDictionary<string, User> right = new(StringComparer.Ordinal);
    private readonly ConcurrencyLimiter turns = new(new ConcurrencyLimiterOptions { PermitLimit = Math.Max(1, Environment.ProcessorCount / 2), QueueLimit = MostWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });
    private readonly SecretHash nobodys; // who has no password is refused as slowly as who has another one

    public Passwords(UserTable users, SecretHash? nobodys = null) => (this.users, this.nobodys) = (users, nobodys ?? SecretHash.OfNothing());

    /// <summary>Checks that were worked out, not remembered.</summary>
    public int Worked => worked;
    private int worked;

    /// <summary>At once: null where the password is not remembered.</summary>
    public User? Remembered(string name, string password) => right.TryGetValue(Key(name, password), out var user) && ReferenceEquals(user, users.Find(name)) ? user : null; // users may have been read again

    /// <returns>Null: it is wrong.</returns>
    /// <exception cref="TooManyChecksException">More checks wait than can be done soon.</exception>
    public async Task<User?> CheckAsync(string name, string password, CancellationToken cancellation)
    {
        using var turn = await turns.AcquireAsync(1, cancellation);
        if (!turn.IsAcquired) throw new TooManyChecksException();
        if (Remembered(name, password) is { } known) return known; // by a request that came before in the queue
        var user = users.Find(name);
        Interlocked.Increment(ref worked);
        var matches = await Task.Run(() => (user?.Password ?? nobodys).Matches(password), cancellation);
        if (user?.Password is null || !matches) return null;
        if (right.Count >= MostRemembered) right.Clear();
        right[Key(name, password)] = user;
        return user;
    }

    public void Dispose() => turns.Dispose();

    // Names have no colon, so no two pairs are one text.
    private string Key(string name, string password) => Convert.ToHexString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{name}:{password}")));
}

/// <summary>Passwords come faster than they can be checked.</summary>
internal sealed class TooManyChecksException : Exception;
