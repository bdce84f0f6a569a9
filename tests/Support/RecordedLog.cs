using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Ingestion.Support;

/// <summary>A log for tests that look at what was logged: every line from <see cref="LogLevel.Information"/> on, whoever wrote it. For many threads.</summary>
public sealed class RecordedLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyList<string> Lines => [.. lines];
    public bool Has(string part) => lines.Any(l => l.Contains(part, StringComparison.Ordinal));
    public ILogger CreateLogger(string categoryName) => this;
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("lines are kept here and nowhere else");
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) lines.Enqueue(formatter(state, exception));
    }

    public void Dispose() { }
}
