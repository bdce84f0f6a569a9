using System.Collections.Concurrent;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>The overlord's side of the wire: allocates day segments by sequence name, and records what it is asked.</summary>
internal sealed class FakeOverlord : IAsyncDisposable
{
    private const string Version = "2026-01-01T00:00:00.000Z";
    private readonly Dictionary<(string Sequence, Interval Interval), int> allocated = [];
    private readonly Lock gate = new();
    private readonly TaskCompletionSource<string> announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication web;

    private FakeOverlord()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        web = builder.Build();
        web.Run(Handle);
    }

    public Uri Address { get; private set; } = null!;
    public ConcurrentQueue<TaskAction> Actions { get; } = new();

    /// <summary>The first announcement.</summary>
    public Task<string> Announced => announced.Task;

    /// <summary>Overrides the answer to an action; null leaves it to the fake.</summary>
    public Func<TaskAction, object?> Override { get; set; } = _ => null;

    /// <summary>Answers the action calls with this status while it is set.</summary>
    public int? Status { get; set; }

    /// <summary>Waited for before an action is answered.</summary>
    public Func<TaskAction, Task> Delay { get; set; } = _ => Task.CompletedTask;

    public IEnumerable<T> Asked<T>() where T : TaskAction => Actions.OfType<T>();

    public static async Task<FakeOverlord> Start()
    {
        var overlord = new FakeOverlord();
        await overlord.web.StartAsync();
        overlord.Address = new Uri(overlord.web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return overlord;
    }

    public ValueTask DisposeAsync() => web.DisposeAsync();

    private async Task Handle(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Path.StartsWithSegments("/v1/announcement"))
        {
            announced.TrySetResult($"{context.Request.Method} {context.Request.Path}");
            context.Response.StatusCode = 202;
            return;
        }
        if (context.Request.Path.StartsWithSegments("/v1/service"))
        {
            await context.Response.WriteAsync("""{"environment":"production","services":[]}""");
            return;
        }
        if (Status is { } status) { context.Response.StatusCode = status; return; }
        var action = JsonSerializer.Deserialize(body.ToArray(), ContractsJson.Default.TaskActionRequest)!.Action;
        Actions.Enqueue(action);
        await Delay(action);
        await context.Response.WriteAsync($$"""{"result":{{Result(action)}}}""");
    }

    private string Result(TaskAction action) => (Override(action), action) switch
    {
        (SegmentPublishResult result, _) => JsonSerializer.Serialize(result, ContractsJson.Default.SegmentPublishResult),
        (string json, _) => json,
        (DataSegment[] segments, _) => JsonSerializer.Serialize(segments, ContractsJson.Default.IReadOnlyListDataSegment),
        (_, TaskAction.SegmentAllocate allocate) => JsonSerializer.Serialize(Allocate(allocate), ContractsJson.Default.SegmentIdWithShardSpec),
        (_, TaskAction.SegmentTransactionalInsert insert) => JsonSerializer.Serialize(new SegmentPublishResult { Segments = insert.Segments, Success = true }, ContractsJson.Default.SegmentPublishResult),
        (_, TaskAction.CheckPointDataSourceMetadata) => "true",
        _ => "[]",
    };

    private SegmentIdWithShardSpec Allocate(TaskAction.SegmentAllocate allocate)
    {
        lock (gate)
        {
            var interval = allocate.PreferredSegmentGranularity.Bucket(allocate.Timestamp.ToUnixTimeMilliseconds());
            var key = (allocate.SequenceName, interval);
            if (!allocated.TryGetValue(key, out var number)) allocated[key] = number = allocated.Count(a => a.Key.Interval == interval);
            return new SegmentIdWithShardSpec { DataSource = allocate.DataSource, Interval = interval, Version = Version, ShardSpec = new NumberedShardSpec { PartitionNum = number } };
        }
    }
}
