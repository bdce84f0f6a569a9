using System.Net.Sockets;
using System.Text.Json.Nodes;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Leadership;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ingestion.Overlord.Tests.Hosting;

public sealed class ErrorAnswerTests
{
    private const string Away = "the metadata database cannot be used just now: see the overlord's log";

    [Fact]
    public async Task What_the_database_says_of_itself_is_not_repeated()
    {
        Assert.Equal((503, Away), await AnswerAsync(new NpgsqlException("Failed to connect to 10.1.2.3:5432", new SocketException(111))));
        Assert.Equal((503, Away), await AnswerAsync(new PostgresException("password authentication failed for user \"druid\"", "FATAL", "FATAL", "28P01")));
    }

    [Fact]
    public async Task What_is_wrong_with_the_callers_data_or_passes_is_said_and_a_bug_is_not()
    {
        Assert.Equal((400, "22001: value too long"), await AnswerAsync(new PostgresException("value too long", "ERROR", "ERROR", "22001")));
        Assert.Equal((413, "too large"), await AnswerAsync(new BadHttpRequestException("too large", 413)));
        Assert.Equal((503, "epoch 1 is over: the leader's epoch is 2"), await AnswerAsync(new FencedException(1, 2)));
        Assert.Equal((500, "internal error: see the overlord's log"), await AnswerAsync(new InvalidOperationException("a secret")));
    }

    private static async Task<(int, string?)> AnswerAsync(Exception error)
    {
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = services, Response = { Body = body } };
        context.Features.Set<IExceptionHandlerFeature>(new ExceptionHandlerFeature { Error = error, Path = "/" });
        await ErrorAnswer.WriteAsync(context);
        return (context.Response.StatusCode, (string?)JsonNode.Parse(body.ToArray())!["error"]);
    }
}
