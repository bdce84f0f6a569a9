namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>The loggers of what works for one task alone: what they are told goes to the worker's log, as that is set up, and from Information on to the task's.</summary>
internal sealed class TaskLoggers(ILoggerFactory worker, TaskLog log) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new TaskLogger(worker.CreateLogger(categoryName), categoryName, log);

    /// <summary>One that tells the task's log alone: what matters to who looks at this task, and would drown a worker's.</summary>
    public ILogger Quiet<T>() => new TaskLogger(null, typeof(T).FullName ?? typeof(T).Name, log);

    public void AddProvider(ILoggerProvider provider) => worker.AddProvider(provider);

    /// <summary>Nothing: worker's loggers and the log have owners of their own.</summary>
    public void Dispose() { }

    private sealed class TaskLogger(ILogger? worker, string category, TaskLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => worker?.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and not LogLevel.None || worker?.IsEnabled(logLevel) == true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (worker?.IsEnabled(logLevel) == true) worker.Log(logLevel, eventId, state, exception, formatter);
            if (logLevel is >= LogLevel.Information and not LogLevel.None) log.Write(logLevel, category, formatter(state, exception), exception);
        }
    }
}
