namespace Ingestion.IndexTask.Publish;

/// <summary>Tries what deep storage refused again, with growing pauses, for as long as the task lives: the reason, logged, stands in the task's report meanwhile.
/// Also what will not pass by itself (a bucket that is not there): who can mend it finds the task's rows still there.</summary>
/// <param name="taskId">Whose segment it is.</param>
/// <param name="segmentId">The segment.</param>
/// <param name="trouble">Told why it is not written yet, and null once it is.</param>
/// <param name="logger">Where each failure goes.</param>
public sealed class Retries(string taskId, string segmentId, Action<string?> trouble, ILogger logger)
{
    internal static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(5);

    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> attempt, CancellationToken cancellation)
    {
        var pause = new GrowingPause(FirstPause, LongestPause);
        for (; ; )
        {
            try
            {
                var result = await attempt();
                trouble(null);
                return result;
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                PublishLog.PushFails(logger, taskId, segmentId, problem.Message);
                trouble($"segment [{segmentId}] cannot be written to deep storage: {problem.Message}");
            }
            await pause.WaitAsync(cancellation);
        }
    }
}
