using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Hosting.Memory;

/// <summary>glibc's heap, in which librdkafka keeps what it fetches (mallopt(3)). Elsewhere these do nothing.</summary>
internal static partial class NativeHeap
{
    private const int ArenaMax = -8; // M_ARENA_MAX

    /// <summary>By default every thread gets an arena of its own, up to eight for each core, and keeps what was freed in it: with the threads of twenty readers half of a small budget. Threads
    /// that started before keep theirs.</summary>
    public static void HasOneArenaPerCore() => Try(() => _ = MallOpt(ArenaMax, Math.Max(2, Environment.ProcessorCount)));

    /// <summary>Gives free pages back to the system.</summary>
    public static void Trim() => Try(() => _ = MallocTrim(0));

    private static void Try(Action call)
    {
        if (!OperatingSystem.IsLinux()) return;
        try { call(); }
        catch (EntryPointNotFoundException) { return; } // another C library, which does not keep arenas
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
