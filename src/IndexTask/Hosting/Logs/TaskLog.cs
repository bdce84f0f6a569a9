namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>One task's log. Each line is with the operating system when <see cref="Write"/> returns, so that it outlives a killed process. Any thread may write; a log that
/// cannot be written is told to the worker's own and holds nothing up.</summary>
internal sealed class TaskLog(string folder, string taskId, LogLimits limits, TimeProvider time, ILogger worker) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<long> parts = new(); // where those of the end begin
    private FileStream? file;
    private long begin, written;
    private bool isTroubled, isClosed;

    public string TaskId => taskId;

    public void Write(LogLevel level, string category, string message, Exception? problem)
    {
        var line = LogLine.Of(time.GetUtcNow(), level, Thread.CurrentThread.Name ?? $"thread-{Environment.CurrentManagedThreadId}", category, message, problem);
        lock (gate)
        {
            if (isClosed) return;
            try
            {
                if (file is null || written > begin && written - begin + line.Length > (begin == 0 ? limits.Beginning : limits.Part)) Turn();
                file!.Write(line);
                written += line.Length;
                isTroubled = false;
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
            {
                if (!isTroubled) HostLog.TaskLogFails(worker, taskId, trouble.Message);
                isTroubled = true;
            }
        }
    }

    /// <summary>What there is of it now; null: nothing.</summary>
    public LogContent? Open()
    {
        lock (gate) return LogContent.OfParts(folder, taskId);
    }

    /// <summary>Nothing is written any more.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            file?.Dispose();
        }
    }

    private void Turn()
    {
        file?.Dispose();
        file = null;
        Directory.CreateDirectory(folder);
        begin = written;
        file = new FileStream(LogParts.PathOf(folder, taskId, begin), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (begin == 0) return;
        parts.Enqueue(begin);
        if (parts.Count > 2) File.Delete(LogParts.PathOf(folder, taskId, parts.Dequeue()));
    }
}
