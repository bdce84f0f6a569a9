namespace Ingestion.Overlord.Tasks;

/// <summary>Where workers push logs and reports of finished tasks.</summary>
internal interface ITaskArchive
{
    /// <param name="offset">Bytes from the beginning, or from the end where it is negative.</param>
    /// <returns>Either what is left from there on, to be disposed, or why there is nothing.</returns>
    Task<(System.IO.Stream? Content, string? Missing)> LogAsync(string taskId, long offset, CancellationToken cancellation);

    /// <returns>Either the report, to be disposed, or why there is none.</returns>
    Task<(System.IO.Stream? Content, string? Missing)> ReportAsync(string taskId, CancellationToken cancellation);

    /// <summary>Keeps log and report of a task that ran in this process, as workers do of theirs; nothing where the place is not known.</summary>
    /// <exception cref="IOException">They cannot be written; <see cref="UnauthorizedAccessException"/> likewise.</exception>
    Task KeepAsync(string taskId, string log, string report, CancellationToken cancellation);
}
