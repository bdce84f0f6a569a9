using System.Net;
using System.Net.Sockets;
using Ingestion.Access;
using Ingestion.IndexTask.Hosting.Announcing;

namespace Ingestion.IndexTask.Tests.Hosting.Announcing;

public sealed class BlockingHttpTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private readonly ThreadedServer server = new();

    public void Dispose() => server.Dispose();

    [Theory]
    [InlineData("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 202, "")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length:  4\r\n\r\nbody", 200, "body")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", 200, "abc0123456789")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nto the end", 400, "to the end")]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nold", 200, "old")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x")]
    public void Answers_of_every_form_are_understood_and_the_next_one_too(string answer, int status, string body)
    {
        server.Answer = _ => answer;
        using var http = new BlockingHttp(server.Address, AccessOptions.Off, Long);
        Assert.Equal([(status, body), (status, body)], new[] { http.Send("PUT", "/a", "{}"u8.ToArray()), http.Send("GET", "/b", null) });
        Assert.Equal(["PUT /a", "GET /b"], server.Requests);
    }

    [Fact]
    public void Connection_is_kept_and_made_again_where_the_server_has_let_go_of_it()
    {
        using var http = new BlockingHttp(server.Address, AccessOptions.Off, Long);
        for (var i = 0; i < 3; i++) http.Send("GET", "/a", null);
        Assert.Equal(1, server.Connections);
        var hangsUp = true;
        server.Answer = _ => hangsUp && !(hangsUp = false) ? "" : ThreadedServer.Taken;
        Assert.Equal((202, ""), http.Send("GET", "/a", null));
        Assert.Equal((2, 5), (server.Connections, server.Requests.Count));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nbody", "the answer breaks off")]
    [InlineData("SSH-2.0-OpenSSH_9.6 Connection: close\r\n\r\n", "the answer is no HTTP: SSH-2.0-OpenSSH_9.6 Connection: close")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n", "the answer has 99999999 bytes, 1048576 are allowed")]
    public void Answer_that_cannot_be_understood_is_named(string answer, string problem)
    {
        server.Answer = _ => answer;
        using var http = new BlockingHttp(server.Address, AccessOptions.Off, Long);
        Assert.Equal(problem, Assert.Throws<IOException>(() => http.Send("GET", "/a", null)).Message);
        server.Answer = _ => ThreadedServer.Taken;
        Assert.Equal((202, ""), http.Send("GET", "/a", null));
    }

    [Fact]
    public void Server_that_does_not_answer_is_given_up_in_time()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0); // takes connections, and nobody reads them
        silent.Start();
        using var http = new BlockingHttp(new Uri($"http://{silent.LocalEndpoint}"), AccessOptions.Off, TimeSpan.FromMilliseconds(300));
        Assert.Equal("no answer within 0.3 s", Assert.Throws<IOException>(() => http.Send("GET", "/a", null)).Message);
    }

    [Fact]
    public void Server_that_is_not_there_is_an_error()
    {
        var gone = new ThreadedServer();
        gone.Dispose();
        using var http = new BlockingHttp(gone.Address, AccessOptions.Off, Long);
        Assert.Contains("refused", Assert.Throws<IOException>(() => http.Send("GET", "/a", null)).Message, StringComparison.OrdinalIgnoreCase);
    }
}
