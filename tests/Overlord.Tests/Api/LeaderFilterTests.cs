using System.Security.Claims;
using System.Text.Json.Nodes;
using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Overlord.Api;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Supervision;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Ingestion.Overlord.Tests.Api;

public sealed class LeaderFilterTests
{
    private const string Trouble = "Failed to connect to 10.1.2.3:5432";

    [Theory]
    [InlineData("*", true)]
    [InlineData("wiki*", false)]
    public async Task Why_nobody_leads_is_for_who_may_read_everything(string read, bool isTold)
    {
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        using var body = new MemoryStream();
        var user = new User { Name = "ops", Read = new DataSourcePatterns([read]) };
        var context = new DefaultHttpContext { RequestServices = services, Response = { Body = body }, User = new ClaimsPrincipal(new CallerIdentity(user)) };
        var answer = await new LeaderFilter(new Leaderless()).InvokeAsync(EndpointFilterInvocationContext.Create(context), _ => throw new InvalidOperationException("it does not lead"));
        await Assert.IsAssignableFrom<IResult>(answer).ExecuteAsync(context);
        Assert.Equal((503, isTold), (context.Response.StatusCode, ((string)JsonNode.Parse(body.ToArray())!["error"]!).EndsWith(Trouble, StringComparison.Ordinal)));
    }

    /// <summary>An overlord whose database is away.</summary>
    private sealed class Leaderless : ILeadership
    {
        public bool IsLeading => false;
        public string? Trouble => LeaderFilterTests.Trouble;
        public string OwnUrl => "http://127.0.0.1";
        public string Kind => "postgresql";
        public TimeSpan LeaseLeft => TimeSpan.Zero;
        public (string ZooKeeper, string State)? Presence => null;
        public Task<string?> LeaderUrlAsync(CancellationToken cancellation) => Task.FromResult<string?>(null);
        public Task<LeaderRow?> CurrentAsync(CancellationToken cancellation) => Task.FromResult<LeaderRow?>(null);
        public Task<LeaderRow?> ResignAsync(CancellationToken cancellation) => Task.FromResult<LeaderRow?>(null);
    }
}
