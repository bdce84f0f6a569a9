using System.Text;
using Dapper;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Callers who go away while what they ask for is being done.</summary>
public sealed class CallersWhoHangUpTests(PostgresFixture postgres) : IDisposable
{
    private const string Base = "/druid/indexer/v1";
    private readonly DirectoryInfo deepStorage = Directory.CreateTempSubdirectory("hang-up-");

    public void Dispose() => deepStorage.Delete(recursive: true);

    [Fact]
    public async Task What_is_done_for_a_caller_who_hangs_up_is_done_whole_and_in_the_audit_table()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1", supervisor: "gone"), MetadataWorld.Payload("t2", supervisor: "gone"));
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString, more: ["--deep-storage", deepStorage.FullName]);
        await using var worker = await FakeWorker.StartAsync(overlord, capacity: 1);
        Assert.Equal(200, (await overlord.SendAsync("POST", $"{Base}/supervisor", PostedSpecs.Wiki())).Status);
        await overlord.UntilAsync("the supervisor is loaded", async () => !(await overlord.SendAsync("GET", $"{Base}/supervisor/wiki/explain")).Body.Contains("being loaded", StringComparison.Ordinal));

        await HangUpAsync(overlord, world, "task/{id}/shutdown", ("id", "t1"));
        await HangUpAsync(overlord, world, "datasources/{dataSource}/shutdownAllTasks", ("dataSource", "wiki"));
        await HangUpAsync(overlord, world, "task", body: """{"type":"kill","id":"k","dataSource":"other","interval":"2015-09-12/2015-09-13"}""");
        await HangUpAsync(overlord, world, "worker/{host}/disable", ("host", worker.Address.Authority));
        await HangUpAsync(overlord, world, "supervisor/{id}/taskGroups/handoff", ("id", "wiki"), """{"taskGroupIds":[0]}""");
        await HangUpAsync(overlord, world, "worker", body: """{"selectStrategy":{"type":"fillCapacity"}}""");
        Assert.Equal(["supervisor wiki", "task t1", "task t2", "task k", $"worker {worker.Address.Authority}", "supervisor wiki", "worker.config worker.config"],
            await world.QueryAsync<string>("SELECT type || ' ' || audit_key FROM druid_audit ORDER BY id"));
        await overlord.UntilAsync("the kill task was begun, too", async () => (await overlord.SendAsync("GET", $"{Base}/task/k/status")).Body.Contains("SUCCESS", StringComparison.Ordinal));
    }

    /// <summary>Calls an endpoint, and hangs up when all is done but its row in the audit table.</summary>
    private static async Task HangUpAsync(RunningOverlord overlord, MetadataWorld world, string pattern, (string Name, string Value)? route = null, string body = "{}")
    {
        using var hangsUp = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestServices = overlord.Services, RequestAborted = hangsUp.Token };
        (context.Request.Method, context.Request.ContentType, context.Request.Body) = ("POST", "application/json", new MemoryStream(Encoding.UTF8.GetBytes(body)));
        if (route is var (name, value)) context.Request.RouteValues[name] = value;
        var endpoint = overlord.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Single(e => e.RoutePattern.RawText == $"{Base}/{pattern}" && e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("POST"));

        await using var connection = new NpgsqlConnection(world.Storage.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await connection.ExecuteAsync("LOCK TABLE druid_audit IN ACCESS EXCLUSIVE MODE");
        var answered = endpoint.RequestDelegate!(context);
        await overlord.UntilAsync($"[{pattern}] waits for the audit table", async () => await connection.ExecuteScalarAsync<long>("""
            SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'druid_audit'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """) > 0);
        await hangsUp.CancelAsync();
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        await answered;
        Assert.Equal((pattern, 200), (pattern, context.Response.StatusCode));
    }
}
