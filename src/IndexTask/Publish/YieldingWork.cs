using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Publish;

/// <summary>Work that gives way to all other: writing segments takes whole cores for a while, just when their successors begin to read. On a thread of its own, whose nice
/// value is raised (setpriority(2)); where there is no such call it runs like any other.</summary>
internal static partial class YieldingWork
{
    private const int OfThread = 0, Niceness = 10; // PRIO_PROCESS with id 0 is the calling thread on Linux

    public static Task<T> RunAsync<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            if (OperatingSystem.IsLinux()) _ = SetPriority(OfThread, 0, Niceness);
            try { result.SetResult(work()); }
            catch (Exception problem) { result.SetException(problem); }
        }) { IsBackground = true, Name = "segments" }.Start();
        return result.Task;
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
