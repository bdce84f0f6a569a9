using System.Diagnostics;
using System.Text.Json;
using Ingestion.Access.Http;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>What an overlord asks of a worker: assign, shut down, list.</summary>
internal sealed class WorkerEndpoints(TaskTable tasks, WorkerLife life, Draining draining, WorkerOptions options, ILogger logger)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private readonly long startedAt = Stopwatch.GetTimestamp();

    /// <summary>The other cluster that was refused last.</summary>
    private string? refusedCluster;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/druid-internal/v1/worker/assignTask", Assign);
        routes.MapGet("/druid-internal/v1/worker/tasks", State);
        routes.MapGet("/druid-internal/v1/worker/task/{taskId}/timeline", Timeline);
        routes.MapPost("/druid/worker/v1/task/{taskId}/shutdown", Shutdown);
        routes.MapGet("/druid/worker/v1/tasks", context => Answer.Write(context, writer =>
        {
            writer.WriteStartArray();
            foreach (var task in tasks.Running) writer.WriteStringValue(task.Id);
            writer.WriteEndArray();
        }));
        routes.MapMethods("/status/health", ["GET", "HEAD"], context => Answer.Json(context, true, ContractsJson.Default.Boolean)).Needs(new Needs.Nothing());
        routes.MapGet("/v1/info", context => Answer.Json(context, new ProcessStatus
        {
            NodeId = options.NodeId, Environment = options.EnvironmentName, Coordinator = false, Starting = life.IsStarting, Uptime = ProcessStatus.Duration(Stopwatch.GetElapsedTime(startedAt)), State = life.State, ClusterId = tasks.Cluster,
        }, ContractsJson.Default.ProcessStatus)).Needs(new Needs.Name());
        routes.MapGet("/v1/info/state", context => Answer.Json(context, life.State, ContractsJson.Default.LifeState)).Needs(new Needs.Nothing());
        routes.MapPut("/v1/info/state", SetState);
        routes.MapPost("/druid/worker/v1/enable", context => Disable(context, isDisabled: false));
        routes.MapPost("/druid/worker/v1/disable", context => Disable(context, isDisabled: true));
        routes.MapGet("/druid/worker/v1/enabled", context => Answer.Object(context, writer => writer.WriteBoolean(context.Request.Host.ToString(), !tasks.IsDisabled)));
        routes.MapGet("/status", context => Answer.Object(context, writer =>
        {
            writer.WriteString("version", WireProtocol.Release);
            writer.WriteString("service", AnnouncedService.WorkerType);
            writer.WriteString("nodeId", options.NodeId);
            writer.WriteNumber("capacity", options.Capacity);
            writer.WriteNumber("runningTasks", tasks.Running.Count);
            writer.WriteStartObject("memory");
            writer.WriteNumber("allocatedBytes", GC.GetTotalAllocatedBytes()); // since the process was started
            writer.WriteNumber("heapBytes", GC.GetTotalMemory(forceFullCollection: false));
            writer.WriteNumber("collectionPauseMillis", (long)GC.GetTotalPauseDuration().TotalMilliseconds); // since the process was started
            writer.WriteEndObject();
        })).Needs(new Needs.Name());
    }

    /// <summary>Refuses commands of an older epoch or of another cluster, whatever the endpoint; takes note of a newer epoch even from a question. Of overlords alone: an epoch that
    /// anybody could name would shut the leader out.</summary>
    public Task Admit(HttpContext context, RequestDelegate next)
    {
        var headers = context.Request.Headers;
        if (!headers.ContainsKey(CommandHeaders.Epoch) && !headers.ContainsKey(CommandHeaders.Cluster) || !Caller.Of(context).IsInternal) return next(context);
        var cluster = headers[CommandHeaders.Cluster].ToString();
        var refusal = tasks.Admit(Answer.Number(headers[CommandHeaders.Epoch]), cluster.Length == 0 ? null : cluster);
        var isForeign = refusal is not null && cluster.Length > 0 && cluster != tasks.Cluster;
        if (refusal is null && headers.ContainsKey(CommandHeaders.Epoch)) life.Incompatibility = WireProtocol.ObjectionToLeader(headers[CommandHeaders.Protocol]);
        if (isForeign && Interlocked.Exchange(ref refusedCluster, cluster) != cluster) HostLog.LeaderRefused(logger, $"{context.Connection.RemoteIpAddress}", refusal!);
        if (refusal is null || HttpMethods.IsGet(context.Request.Method)) return next(context);
        if (!isForeign) HostLog.CommandRefused(logger, $"{context.Request.Method} {context.Request.Path}", context.TraceIdentifier, refusal);
        return Answer.Error(context, 409, refusal);
    }

    private async Task Assign(HttpContext context)
    {
        IndexTaskPayload payload;
        try
        {
            payload = IndexTaskPayload.FromJson(await Answer.Body(context));
        }
        catch (JsonException problem)
        {
            await Answer.Error(context, 400, problem.Message);
            return;
        }
        switch (tasks.Assign(payload))
        {
            case Assignment.Accepted:
                HostLog.Assigned(logger, payload.Id, context.TraceIdentifier);
                break;
            case Assignment.NoSlot:
                await Answer.Error(context, 429, $"no slot is free for task [{payload.Id}]: the worker has {options.Capacity}");
                break;
            case Assignment.IsDisabled:
                await Answer.Error(context, 429, "the worker is disabled: it takes no new tasks");
                break;
            case Assignment.IsDraining:
                await Answer.Error(context, 429, "the worker is draining: it takes no new tasks");
                break;
            case Assignment.GroupIsHere:
                await Answer.Error(context, 400, $"a task of availability group [{payload.Resource.AvailabilityGroup}] runs here already");
                break;
        }
    }

    private Task Disable(HttpContext context, bool isDisabled)
    {
        tasks.IsDisabled = isDisabled;
        HostLog.Enabled(logger, isDisabled ? "disabled" : "enabled", context.TraceIdentifier);
        return Answer.Object(context, writer => writer.WriteString(context.Request.Host.ToString(), isDisabled ? "disabled" : "enabled"));
    }

    /// <summary>Presto's way to end a worker gracefully: <c>"SHUTTING_DOWN"</c>; ours besides, <c>"ACTIVE"</c> takes it back while tasks still run.</summary>
    private async Task SetState(HttpContext context)
    {
        string? wanted;
        try { wanted = JsonSerializer.Deserialize(await Answer.Body(context), ContractsJson.Default.String); }
        catch (JsonException) { wanted = null; }
        switch (wanted)
        {
            case "SHUTTING_DOWN":
                draining.Begin(forGood: false);
                break;
            case "ACTIVE" when !draining.TakeBack():
                await Answer.Error(context, 409, "this worker ends: it was told so by SIGTERM, or has nothing left to do");
                break;
            case "ACTIVE": break;
            default:
                await Answer.Error(context, 400, "the JSON string \"SHUTTING_DOWN\" or \"ACTIVE\" is expected");
                break;
        }
    }

    private async Task State(HttpContext context)
    {
        var query = context.Request.Query;
        var timeout = TimeSpan.FromMilliseconds(Math.Clamp(Answer.Number(query["timeoutMillis"]) ?? 0, 0, (long)LongestWait.TotalMilliseconds));
        if (Answer.Number(query["after"]) is { } after && timeout > TimeSpan.Zero) await tasks.Wait(after, timeout, context.RequestAborted);
        await Answer.Json(context, tasks.State(query["boot"], Answer.Number(query["since"])), ContractsJson.Default.WorkerState);
    }

    private Task Timeline(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["taskId"]!;
        return tasks.Timeline(id) is { } timeline ? Answer.Write(context, timeline.Write) : Answer.Error(context, 404, $"task [{id}] did not run here, or too long ago");
    }

    private Task Shutdown(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["taskId"]!;
        if (tasks.Find(id) is { } task)
        {
            HostLog.ShutDown(logger, id, context.TraceIdentifier);
            task.Stop("Task was shut down by request");
        }
        return Answer.Object(context, writer => writer.WriteString("task", id));
    }
}
