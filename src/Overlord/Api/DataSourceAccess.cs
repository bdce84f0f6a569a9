using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Api;

/// <summary>How an endpoint knows the dataSource that its caller needs a right over.</summary>
internal enum DataSourceOf
{
    /// <summary><c>{dataSource}</c> is its name.</summary>
    Route,

    /// <summary><c>{id}</c> is a supervisor that reads into it.</summary>
    Supervisor,

    /// <summary><c>{id}</c> is a task that reads into it.</summary>
    Task,

    /// <summary>It is in the body: the endpoint looks itself.</summary>
    Body,

    /// <summary><c>?datasource</c> where it is given, which the endpoint looks at itself; else as <see cref="Each"/>.</summary>
    Query,

    /// <summary>There may be several: the endpoint leaves alone, or out, those that the caller has no right over.</summary>
    Each,
}

/// <summary>What a caller needs for an endpoint: its metadata, beside <see cref="Access.Http.Needs"/>.</summary>
internal sealed record DataSourceNeed(Right Right, DataSourceOf Of)
{
    /// <summary>Whether the endpoint's route says which dataSource it is.</summary>
    public bool IsOfRoute => Of is DataSourceOf.Route or DataSourceOf.Supervisor or DataSourceOf.Task;
}

/// <summary>Endpoints that need a right over one dataSource. It is looked up after <see cref="LeaderFilter"/>: a standby does not know whose supervisor it is, and redirects; the leader checks.</summary>
internal static class DataSourceAccess
{
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, Right right, DataSourceOf of)
    {
        var need = new DataSourceNeed(right, of);
        endpoint.Needs(new Needs.Name()).WithMetadata(need);
        return need.IsOfRoute ? endpoint.AddEndpointFilterFactory((factory, next) => factory.ApplicationServices.GetService<UserTable>() is null ? next : context => CheckAsync(context, right, of, next)) : endpoint;
    }

    /// <summary>For endpoints that find their dataSource in the body.</summary>
    /// <returns>Null: the caller may.</returns>
    public static IResult? Refusal(HttpContext context, Right right, string dataSource) =>
        Caller.Of(context) is var caller && caller.May(right, dataSource) ? null : DruidErrors.Forbidden(Why(caller.Name, right, dataSource));

    public static string Why(string caller, Right right, string dataSource) => $"[{caller}] may not {Name(right)} dataSource [{dataSource}]";

    public static string Name(Right right) => right == Right.Read ? "read" : "write";

    /// <summary>Finds the stored spec of a supervisor for masks in what the caller posts: of one that the caller may change, so that a mask never stands for somebody else's secret.</summary>
    public static Func<string, string?> StoredSpecs(HttpContext context, SupervisorFleet fleet)
    {
        var caller = Caller.Of(context);
        return id => fleet.Find(id)?.Spec is { } stored && caller.May(Right.Write, stored.DataSource) ? stored.Json : null;
    }

    private static async ValueTask<object?> CheckAsync(EndpointFilterInvocationContext invocation, Right right, DataSourceOf of, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        string Named(string name) => (string)context.Request.RouteValues[name]!;
        // What is not there is refused here: it could come into being before the endpoint looks.
        (string? DataSource, IResult? Missing) found = of switch
        {
            DataSourceOf.Route => (Named("dataSource"), null),
            DataSourceOf.Supervisor => (context.RequestServices.GetRequiredService<SupervisorFleet>().Find(Named("id"))?.Spec.DataSource, DruidErrors.NoSupervisor(Named("id"))),
            DataSourceOf.Task => ((await context.RequestServices.GetRequiredService<TaskStore>().FindAsync(Named("id"), context.RequestAborted))?.DataSource, DruidErrors.NoTask(Named("id"))),
            _ => throw new ArgumentOutOfRangeException(nameof(of)),
        };
        return found.DataSource is not { } dataSource ? found.Missing : Refusal(context, right, dataSource) ?? await next(invocation);
    }
}
