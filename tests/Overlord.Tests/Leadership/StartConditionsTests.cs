using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Leadership;

public sealed class StartConditionsTests(PostgresFixture postgres)
{
    private static readonly LeadershipSettings Settings = new() { Url = "http://overlord" };

    [Fact]
    public async Task Second_environment_on_a_database_is_refused_and_the_first_stays()
    {
        await using var storage = await MigratedAsync();
        Assert.Null(await RefusalAsync(storage, "production"));
        Assert.Equal("the metadata database belongs to environment [production], this overlord is of environment [staging]: two environments on one database would run each other's supervisors. "
            + "Give one of them a database of its own, or --environment production; to rename the environment, stop all its overlords and UPDATE ingestion_cluster SET environment = NULL", await RefusalAsync(storage, "staging"));
        Assert.Null(await RefusalAsync(storage, "production"));
    }

    [Fact]
    public async Task Of_overlords_of_two_environments_that_start_at_once_one_kind_is_refused()
    {
        await using var storage = await MigratedAsync();
        var refusals = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => RefusalAsync(storage, i % 2 == 0 ? "even" : "odd")));
        Assert.Equal(4, refusals.Count(r => r is null));
        Assert.Single(refusals.Select((r, i) => (Refused: r is not null, IsEven: i % 2 == 0)).Where(r => r.Refused).Select(r => r.IsEven).Distinct());
    }

    [Theory]
    [InlineData("INSERT INTO druid_tasks (id, created_date, datasource, payload, status_payload, active) VALUES ('t', @at, 'wiki', '', '', true)", "druid_tasks")]
    [InlineData("INSERT INTO druid_tasks (id, created_date, datasource, payload, status_payload, active) VALUES ('t', @at, 'wiki', '', '', false)", "druid_tasks")]
    [InlineData("INSERT INTO druid_supervisors (spec_id, created_date, payload) VALUES ('wiki', @at, '')", "druid_supervisors")]
    public async Task Database_that_an_overlord_of_Druid_wrote_last_is_refused_unless_it_is_to_be_taken_over(string written, string table)
    {
        await using var storage = await MigratedAsync();
        await using var connection = await storage.Reads.OpenConnectionAsync();
        await connection.ExecuteAsync(written, new { at = "2026-11-21T10:00:00.000Z" });
        const string Advice = "Two kinds of overlord at once would run every supervisor twice: stop Druid's, then start this one once with --take-over";
        Assert.Equal($"an overlord of Druid wrote to the metadata database last: {table} has a row of 2026-11-21T10:00:00.000Z, and no overlord of ours has ever led here. {Advice}", await RefusalAsync(storage));
        Assert.Null(await RefusalAsync(storage, takesOver: true));

        // Taken over: from then on its rows are older than our last epoch.
        await using (await new PostgresElection(storage, Settings, NullLogger<PostgresElection>.Instance).AcquireAsync(CancellationToken.None)) { }
        Assert.Null(await RefusalAsync(storage));

        // Druid's overlord was started again, and ran for a while after ours had stopped.
        var later = IsoTime.Write(DateTimeOffset.UtcNow.AddMinutes(2));
        await connection.ExecuteAsync("DELETE FROM druid_tasks; DELETE FROM druid_supervisors");
        await connection.ExecuteAsync(written, new { at = later });
        Assert.StartsWith($"an overlord of Druid wrote to the metadata database last: {table} has a row of {later}, and an overlord of ours last led at ", await RefusalAsync(storage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_our_own_leader_wrote_are_not_taken_for_Druids_though_its_clock_is_ahead()
    {
        await using var storage = await MigratedAsync();
        await using (await new PostgresElection(storage, Settings, NullLogger<PostgresElection>.Instance).AcquireAsync(CancellationToken.None)) { }
        await using var connection = await storage.Reads.OpenConnectionAsync();
        // As a leader with a clock an hour ahead leaves it.
        await connection.ExecuteAsync("UPDATE ingestion_leader SET last_seen = clock_timestamp() + interval '1 hour'");
        await connection.ExecuteAsync("INSERT INTO druid_supervisors (spec_id, created_date, payload) VALUES ('wiki', @at, '')", new { at = IsoTime.Write(DateTimeOffset.UtcNow.AddHours(1).AddSeconds(4)) });
        Assert.Null(await RefusalAsync(storage));
    }

    [Theory]
    [InlineData(0.5, null, "--lease [0.5] is shorter than 1 s: a pause of the garbage collector or of the disk would end leadership")]
    [InlineData(2.0, 5.0, "--renew-every [5] is longer than a third of --lease [2]: a lease must outlast its renewal, or it runs out while its leader is well, and others lead beside it")]
    [InlineData(3.0, 1.1, "--renew-every [1.1] is longer than a third of --lease [3]: a lease must outlast its renewal, or it runs out while its leader is well, and others lead beside it")]
    [InlineData(3.0, 1.0, null)]
    [InlineData(5.0, null, null)]
    public void Lease_that_could_run_out_though_its_leader_is_well_is_refused(double lease, double? renewEvery, string? message)
    {
        var settings = Settings with { Lease = TimeSpan.FromSeconds(lease) };
        if (renewEvery is { } seconds) settings = settings with { RenewEvery = TimeSpan.FromSeconds(seconds) };
        if (message is null) settings.Check();
        else Assert.Equal(message, Assert.Throws<FormatException>(settings.Check).Message);
    }

    private static Task<string?> RefusalAsync(MetadataStorage storage, string environment = "production", bool takesOver = false) => new StartConditions(storage, Settings, environment, takesOver).RefusalAsync(CancellationToken.None);

    private async Task<MetadataStorage> MigratedAsync()
    {
        var storage = new MetadataStorage(await postgres.CreateDatabaseAsync(), new MetadataTables(), TimeSpan.FromSeconds(10));
        await Migrator.RunAsync(storage);
        return storage;
    }
}
