using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>What a member of an ensemble says of itself when it is asked with the four-letter word <c>srvr</c>, the only one that ZooKeeper answers unless it is told to answer more.</summary>
/// <param name="Address">HOST:PORT.</param>
/// <param name="State">leader, follower, observer, standalone; notServing: it runs and sees no majority; unreachable.</param>
/// <param name="Version">Of ZooKeeper.</param>
/// <param name="LatencyMillis">Of requests on average, as the member has it.</param>
/// <param name="AnswerMillis">How long this answer took.</param>
/// <param name="Trouble">Why it cannot be reached.</param>
public sealed record EnsembleMember(string Address, string State, string? Version = null, double? LatencyMillis = null, double? AnswerMillis = null, string? Trouble = null)
{
    /// <summary>Whether it counts for the majority.</summary>
    public bool Serves => State is "leader" or "follower" or "standalone";

    public static async Task<EnsembleMember> AskAsync(string host, int port, TimeSpan timeout, CancellationToken stop)
    {
        var address = $"{host}:{port}";
        var began = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(timeout);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token);
            var stream = client.GetStream();
            await stream.WriteAsync("srvr"u8.ToArray(), limit.Token);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            var answer = await reader.ReadToEndAsync(limit.Token);
            return Read(address, answer) with { AnswerMillis = Math.Round(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 1) };
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested) { return new EnsembleMember(address, "unreachable", Trouble: $"no answer within {timeout.TotalSeconds:0.#} s"); }
        catch (Exception e) when (e is SocketException or IOException) { return new EnsembleMember(address, "unreachable", Trouble: e.Message); }
    }

    /// <param name="answer">Lines of <c>NAME: VALUE</c>; a member without a majority says in words that it does not serve.</param>
    internal static EnsembleMember Read(string address, string answer)
    {
        var values = answer.Split('\n').Select(l => l.Split(": ", 2)).Where(l => l.Length == 2).ToLookup(l => l[0].Trim(), l => l[1].Trim());
        if (values["Mode"].FirstOrDefault() is not { } mode) return new EnsembleMember(address, "notServing", Trouble: answer.Trim() is { Length: > 0 } words ? words : "it closed the connection");
        var version = values["Zookeeper version"].FirstOrDefault()?.Split('-')[0];
        var latency = values["Latency min/avg/max"].FirstOrDefault()?.Split('/') is [_, var average, _] && double.TryParse(average, CultureInfo.InvariantCulture, out var millis) ? millis : (double?)null;
        return new EnsembleMember(address, mode, version, latency);
    }
}
