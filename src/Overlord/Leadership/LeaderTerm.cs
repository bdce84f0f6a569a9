using Dapper;
using Npgsql;

namespace Ingestion.Overlord.Leadership;

/// <summary>One overlord's time as leader. <see cref="Lost"/> is cancelled when the connection breaks, when the lease could not be renewed in time (by our
/// own monotonic clock, before it runs out by the database's), and on disposal. Disposing resigns: standbys take over at once.</summary>
public sealed class LeaderTerm : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly LeadershipSettings settings;
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource resigned = new();
    private readonly Task renewals;

    internal LeaderTerm(NpgsqlConnection connection, long epoch, LeadershipSettings settings, long leaseAskedAt)
    {
        this.connection = connection;
        this.settings = settings;
        Epoch = epoch;
        Lost = lost.Token;
        ActFrom(leaseAskedAt);
        renewals = Task.Run(RenewAsync);
    }

    /// <summary>The fencing number: higher than any before.</summary>
    public long Epoch { get; }

    public CancellationToken Lost { get; }

    public async ValueTask DisposeAsync()
    {
        await lost.CancelAsync();
        await resigned.CancelAsync();
        await renewals;
        await connection.DisposeAsync(); // frees the doorbell
        resigned.Dispose();
        lost.Dispose();
    }

    private void ActFrom(long askedAt)
    {
        var left = settings.ActFor - TimeSpan.FromMilliseconds(Environment.TickCount64 - askedAt);
        lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private async Task RenewAsync()
    {
        try
        {
            while (true)
            {
                // Waits as for a notification, of which there are none: a connection that breaks is noticed at once, not at the next renewal.
                await connection.WaitAsync(settings.RenewEvery, resigned.Token);
                var askedAt = Environment.TickCount64;
                var renewed = await connection.ExecuteAsync(new CommandDefinition("UPDATE ingestion_leader SET lease_until = clock_timestamp() + @lease WHERE epoch = @epoch",
                    new { lease = settings.Lease, epoch = Epoch }, cancellationToken: Lost));
                if (renewed == 0) break; // another epoch has begun
                ActFrom(askedAt);
            }
        }
        catch (OperationCanceledException)
        {
            // Resigned, or the lease's time is over: Lost says so already.
        }
        catch (NpgsqlException)
        {
            // The connection is gone, and the doorbell with it.
        }
        await lost.CancelAsync();
    }
}
