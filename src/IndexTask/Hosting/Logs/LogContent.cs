using System.Buffers;
using System.Globalization;
using System.Text;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>A log, or another file, as it was when it was opened, whatever is written or deleted meanwhile; with a line in the place of what was cut.</summary>
internal sealed class LogContent : IDisposable
{
    private const int BufferBytes = 64 << 10;
    private readonly List<(Stream Stream, long Length)> pieces = [];

    private LogContent() { }

    /// <summary>Bytes.</summary>
    public long Length => pieces.Sum(p => p.Length);

    /// <summary>A log in the parts that it is written in.</summary>
    /// <returns>Null: there is none.</returns>
    public static LogContent? OfParts(string folder, string taskId)
    {
        var content = new LogContent();
        var end = 0L;
        foreach (var (begin, path) in LogParts.Of(folder, taskId))
        {
            if (begin > end) content.Add(new MemoryStream(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"... {begin - end} bytes of the log were cut here: a worker keeps its beginning and its end ...\n"))));
            if (!content.TryAdd(path)) break; // the task is over and its log pushed a moment ago
            end = begin + content.pieces[^1].Length;
        }
        if (content.pieces.Count > 0) return content;
        content.Dispose();
        return null;
    }

    /// <returns>Null: there is no such file.</returns>
    public static LogContent? OfFile(string path)
    {
        var content = new LogContent();
        return content.TryAdd(path) ? content : null;
    }

    public static LogContent OfBytes(byte[] bytes)
    {
        var content = new LogContent();
        content.Add(new MemoryStream(bytes));
        return content;
    }

    /// <param name="offset">As <see cref="TaskLogFiles.Begin"/> has it.</param>
    public async Task CopyToAsync(Stream target, long offset, CancellationToken cancellation)
    {
        var skip = TaskLogFiles.Begin(Length, offset);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            foreach (var (stream, length) in pieces)
            {
                var skipped = Math.Min(skip, length);
                skip -= skipped;
                stream.Position = skipped;
                for (var left = length - skipped; left > 0;)
                {
                    var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellation);
                    if (read == 0) throw new EndOfStreamException("a log has become shorter");
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
                    left -= read;
                }
            }
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
    }

    /// <summary>What is left of a file from an offset on; to be disposed in this one's place.</summary>
    /// <param name="offset">As <see cref="TaskLogFiles.Begin"/> has it.</param>
    /// <exception cref="InvalidOperationException">It is in several parts.</exception>
    public Stream Rest(long offset)
    {
        var (stream, length) = pieces.Single();
        stream.Position = TaskLogFiles.Begin(length, offset);
        return stream;
    }

    public void Dispose()
    {
        foreach (var (stream, _) in pieces) stream.Dispose();
    }

    private void Add(Stream stream) => pieces.Add((stream, stream.Length));

    private bool TryAdd(string path)
    {
        try
        {
            Add(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.None));
            return true;
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException) { return false; }
    }
}
