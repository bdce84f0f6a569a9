using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Segment;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class CommandsTests
{
    private static async Task<(int Code, string Output, string Errors)> Run(params string[] arguments)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter();
        var code = await Commands.Run(arguments, output, errors);
        return (code, Encoding.UTF8.GetString(output.ToArray()), errors.ToString());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("dump-segment", "--help")]
    public async Task Help_shows_the_usage(params string[] arguments) =>
        Assert.Equal((0, WorkerOptions.Usage + Environment.NewLine, ""), await Run(arguments));

    [Fact]
    public async Task Segment_is_dumped_one_row_a_line()
    {
        var fixture = SegmentDirectory.Fixture("small-lz4");
        using var segment = SegmentReader.Open(fixture);
        var (code, output, errors) = await Run("dump-segment", fixture);
        Assert.Equal((0, ""), (code, errors));
        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(segment.Rows().Select(row => (string.Join(',', row.Keys), (long)row["__time"]!)), rows.Select(row => (string.Join(',', row.EnumerateObject().Select(m => m.Name)), row.GetProperty("__time").GetInt64())));
    }

    [Fact]
    public async Task Structure_is_dumped_one_column_a_line()
    {
        var fixture = SegmentDirectory.Fixture("small-lz4");
        using var segment = SegmentReader.Open(fixture);
        var (code, output, errors) = await Run("dump-segment", fixture, "--structure");
        Assert.Equal((0, ""), (code, errors));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(segment.RowCount, lines[0].GetProperty("rows").GetInt32());
        Assert.Equal(segment.Columns.Select(c => c.Name), lines.Skip(1).Select(l => l.GetProperty("column").GetString()));
    }

    [Theory]
    [InlineData("/no/such/segment")]
    [InlineData("/dev/null")]
    public async Task Path_that_is_no_segment_gives_one_line(string path)
    {
        var (code, output, errors) = await Run("dump-segment", path);
        Assert.Equal((1, ""), (code, output));
        Assert.Matches($@"^worker: .*{path}.*\n$", errors);
    }

    [Fact]
    public async Task Port_in_use_gives_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var folder = Directory.CreateTempSubdirectory("port-tests").FullName;
        var (code, output, errors) = await Run("--overlords", "http://127.0.0.1:1", "--deep-storage", folder, "--work-dir", folder, "--listen", taken.LocalEndpoint.ToString()!);
        Directory.Delete(folder, recursive: true);
        Assert.Equal((1, "", $"worker: Failed to bind to address http://{taken.LocalEndpoint}: address already in use.{Environment.NewLine}"), (code, output, errors));
    }
}
