namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>When a finished task's files are pushed again that could not be: after growing pauses, for so long. Then they stay in the work folder, until the next worker starts there.</summary>
internal readonly record struct PushTimes(TimeSpan FirstPause, TimeSpan LongestPause, TimeSpan GiveUpAfter)
{
    public static readonly PushTimes Default = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
}
