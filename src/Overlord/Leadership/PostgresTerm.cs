using Dapper;
using Npgsql;

namespace Ingestion.Overlord.Leadership;

/// <summary>A term whose lease is in the database. <see cref="Lost"/> is cancelled when the connection breaks, when the lease could not be renewed in time (by our
/// own monotonic clock, before it runs out by the database's), and on disposal.</summary>
internal sealed class PostgresTerm : ILeaderTerm
{
    private readonly NpgsqlConnection connection;
    private readonly LeadershipSettings settings;
    private readonly ActingTime acting = new();
    private readonly CancellationTokenSource resigned = new();
    private readonly Task renewals;

    public PostgresTerm(NpgsqlConnection connection, long epoch, LeadershipSettings settings, long leaseAskedAt)
    {
        this.connection = connection;
        this.settings = settings;
        Epoch = epoch;
        acting.Extend(leaseAskedAt, settings.ActFor);
        renewals = Task.Run(RenewAsync);
    }

    public long Epoch { get; }
    public CancellationToken Lost => acting.Over;
    public TimeSpan Left => acting.Left;

    public async ValueTask DisposeAsync()
    {
        await acting.EndAsync();
        await resigned.CancelAsync();
        await renewals;
        await connection.DisposeAsync(); // frees the doorbell
        resigned.Dispose();
        acting.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            while (true)
            {
                // Waits as for a notification, of which there are none: a connection that breaks is noticed at once, not at the next renewal.
                await connection.WaitAsync(settings.RenewEvery, resigned.Token);
                var askedAt = ActingTime.Now;
                var renewed = await connection.ExecuteAsync(new CommandDefinition("""
                    UPDATE ingestion_leader SET lease_until = clock_timestamp() + @lease, last_seen = greatest(clock_timestamp(), @now) WHERE epoch = @epoch
                    """, new { lease = settings.InDatabase, now = DateTime.UtcNow, epoch = Epoch }, cancellationToken: Lost));
                if (renewed == 0) break; // another epoch has begun
                acting.Extend(askedAt, settings.ActFor);
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
        await acting.EndAsync();
    }
}
