namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>What a task leaves when it is over.</summary>
internal enum FinishedFile { Log, Report }

/// <summary>Logs and final reports of tasks that are over, where all workers find them. A file appears whole or not at all.</summary>
internal interface IFinishedLogs : IDisposable
{
    /// <summary>In an operator's words.</summary>
    string Location { get; }

    /// <returns>Null: there is none.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    Task<LogContent?> OpenAsync(string taskId, FinishedFile file, CancellationToken cancellation);

    /// <summary>Takes a file in, in place of what was there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    Task PutAsync(string taskId, FinishedFile file, LogContent content, CancellationToken cancellation);

    /// <summary>Deletes what was written before a time. Files of other names are left alone.</summary>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="IOException">One cannot be deleted, or the place not be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellation);
}
