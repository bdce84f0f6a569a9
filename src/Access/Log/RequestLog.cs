using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;

namespace Ingestion.Access.Log;

/// <summary>One JSON line for each request that was answered, without query strings, headers and bodies, which may hold secrets. Requests never wait for it: lines that come faster than the disk
/// takes them are dropped, and the next line says how many were.</summary>
internal sealed partial class RequestLog : IAsyncDisposable
{
    public const string FileName = "requests";
    public const long DefaultSize = 16 << 20;
    public const int DefaultKept = 7;
    private const int MostWaiting = 8_192, LongestPath = 1_024;

    private readonly Channel<RequestLine> lines;
    private readonly RotatedFile file;
    private readonly ILogger logger;
    private readonly Task writing;
    private long dropped;

    public RequestLog(string folder, ILogger<RequestLog> logger, long size = DefaultSize, int kept = DefaultKept, int mostWaiting = MostWaiting, Task? begin = null)
    {
        (file, this.logger) = (new RotatedFile(folder, FileName, size, kept), logger);
        lines = Channel.CreateBounded<RequestLine>(new BoundedChannelOptions(mostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        writing = Task.Run(() => WriteAsync(begin ?? Task.CompletedTask));
    }

    /// <summary>At once, whatever the disk does.</summary>
    public void Add(RequestLine line)
    {
        if (!lines.Writer.TryWrite(line)) Interlocked.Increment(ref dropped);
    }

    private async Task WriteAsync(Task begin)
    {
        await begin;
        var buffer = new ArrayBufferWriter<byte>();
        var isTold = false;
        while (await lines.Reader.WaitToReadAsync())
        {
            long taken = 0;
            try
            {
                while (lines.Reader.TryRead(out var line))
                {
                    taken++;
                    if (Interlocked.Exchange(ref dropped, 0) is var lost and > 0)
                    {
                        LogDropped(lost);
                        file.Write(Text(buffer, json => json.WriteNumber("dropped", lost), line.At));
                    }
                    file.Write(Text(buffer, line.Write, line.At));
                }
                file.Flush();
                isTold = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Interlocked.Add(ref dropped, taken);
                if (!isTold) LogCannotWrite(file.Current, e.Message);
                isTold = true;
            }
        }
    }

    private static ReadOnlySpan<byte> Text(ArrayBufferWriter<byte> buffer, Action<Utf8JsonWriter> members, DateTimeOffset at)
    {
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            members(json);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    /// <summary>Writes what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await writing;
        try { file.Dispose(); }
        catch (IOException e) { LogCannotWrite(file.Current, e.Message); }
    }

    [LoggerMessage(310, LogLevel.Warning, "The request log has dropped {Count} lines: requests came faster than the disk took them, or it took none")]
    private partial void LogDropped(long count);

    [LoggerMessage(311, LogLevel.Error, "The request log [{Path}] cannot be written: {Error}")]
    private partial void LogCannotWrite(string path, string error);

    /// <param name="At">When it came.</param>
    /// <param name="RequestBytes">Of the body, as far as it was read.</param>
    public sealed record RequestLine(DateTimeOffset At, string Id, string? Caller, string? Address, string Method, string Path, int Status, long RequestBytes, long ResponseBytes, double Millis)
    {
        public void Write(Utf8JsonWriter json)
        {
            json.WriteString("id", Id);
            json.WriteString("caller", Caller);
            json.WriteString("address", Address);
            json.WriteString("method", Method);
            json.WriteString("path", Path.Length <= LongestPath ? Path : Path[..LongestPath]);
            json.WriteNumber("status", Status);
            json.WriteNumber("requestBytes", RequestBytes);
            json.WriteNumber("responseBytes", ResponseBytes);
            json.WriteNumber("millis", Math.Round(Millis, 3));
        }
    }
}
