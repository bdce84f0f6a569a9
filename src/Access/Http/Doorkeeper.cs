using System.Collections.Concurrent;
using System.Net;
using Ingestion.Access.Users;

namespace Ingestion.Access.Http;

/// <summary>
/// Decides whose a credential is. Wrong ones are counted by address, by name and by both together; when one of these has had too many, passwords are not looked at until it has waited. Who was let in from an
/// address before is held up there by failures of the same name alone, so that nobody else's shut them out. Tokens cannot be guessed: a right one is always taken, so that a worker with an old
/// token does not shut out the others of its machine.
/// </summary>
internal sealed partial class Doorkeeper(UserTable users, Passwords passwords, FailureLimit limit, ILogger<Doorkeeper> logger)
{
    private const int MostKnown = 10_000, LoggedLength = 100;
    private static readonly TimeSpan ChecksPause = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, bool> known = new(StringComparer.Ordinal);

    /// <param name="from">Where the request comes from.</param>
    /// <param name="requestId">For the log.</param>
    public async Task<Admission> AdmitAsync(Credential credential, IPAddress? from, string requestId, CancellationToken cancellation)
    {
        var address = AddressKey(from);
        switch (credential)
        {
            case Credential.Bearer bearer:
                return users.OfToken(bearer.Token) is { } owner ? new Admission.Admitted(owner) : RefusedUnlessWaiting("an unknown token", from, requestId, address);
            // For clients that know no other scheme.
            case Credential.Basic basic when users.OfToken(basic.Password) is { } namesake && namesake.Name == basic.Name: return new Admission.Admitted(namesake);
            case Credential.Basic basic: return await AdmitAsync(basic, address, from, requestId, cancellation);
            default: return RefusedUnlessWaiting("a header [Authorization] that is neither Basic nor Bearer", from, requestId, address);
        }
    }

    private async Task<Admission> AdmitAsync(Credential.Basic basic, string address, IPAddress? from, string requestId, CancellationToken cancellation)
    {
        var pair = $"{address} as {basic.Name}";
        string[] keys = [pair, address, $"as {basic.Name}"];
        if (Longest(known.ContainsKey(pair) ? keys.AsSpan(0, 1) : keys) is { } wait) return new Admission.TooMany(wait);
        var user = passwords.Remembered(basic.Name, basic.Password);
        try { user ??= await passwords.CheckAsync(basic.Name, basic.Password, cancellation); }
        catch (TooManyChecksException) { return new Admission.TooMany(ChecksPause); }
        if (user is null) return Refused($"a wrong password of [{Loggable(basic.Name)}]", from, requestId, keys);
        if (known.Count >= MostKnown) known.Clear();
        known[pair] = true;
        return new Admission.Admitted(user);
    }

    private Admission RefusedUnlessWaiting(string what, IPAddress? from, string requestId, string address) => limit.Wait(address) is { } wait ? new Admission.TooMany(wait) : Refused(what, from, requestId, [address]);

    /// <summary>Counts for every key, also for one that has to wait already: what was looked at was a guess.</summary>
    private Admission.Refused Refused(string what, IPAddress? from, string requestId, ReadOnlySpan<string> keys)
    {
        LogRefused(what, from, requestId);
        foreach (var key in keys)
            if (limit.Count(key)) LogTooMany(Loggable(key), FailureLimit.Most, FailureLimit.Window.TotalSeconds);
        return new Admission.Refused();
    }

    private TimeSpan? Longest(ReadOnlySpan<string> keys)
    {
        TimeSpan? longest = null;
        foreach (var key in keys)
            if (limit.Wait(key) is { } wait && !(longest > wait)) longest = wait;
        return longest;
    }

    /// <summary>Whoever has one IPv6 address has the 2^64 of its network.</summary>
    private static string AddressKey(IPAddress? address)
    {
        if (address is null) return "from ?";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.GetAddressBytes() is { Length: 16 } bytes ? $"from {Convert.ToHexStringLower(bytes.AsSpan(0, 8))}::/64" : $"from {address}";
    }

    private static string Loggable(string text) => new([.. text.Take(LoggedLength).Select(c => char.IsControl(c) ? '?' : c)]);

    [LoggerMessage(300, LogLevel.Warning, "Refused {What}, from {Address} (request {RequestId})")]
    private partial void LogRefused(string what, IPAddress? address, string requestId);

    [LoggerMessage(301, LogLevel.Warning, "Callers {Key} have failed {Count} times: they have to wait until {Seconds} s after the first")]
    private partial void LogTooMany(string key, int count, double seconds);
}

/// <summary>What becomes of a credential.</summary>
internal abstract record Admission
{
    private Admission() { }

    public sealed record Admitted(User User) : Admission;
    public sealed record Refused : Admission;

    /// <summary>Not looked at: there were too many wrong ones.</summary>
    public sealed record TooMany(TimeSpan Wait) : Admission;
}
