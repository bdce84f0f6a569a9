using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Publish;

/// <summary>Makes the names in a directory survive a power failure: POSIX keeps them apart from the files' contents, and .NET opens no directories.
/// Where there is no such call (Windows) nothing is done.</summary>
internal static partial class DirectoryFlush
{
    private const int ReadOnlyCloseOnExec = 0x80000, InvalidArgument = 22;

    /// <exception cref="IOException">The directory cannot be opened or flushed.</exception>
    public static void ToDisk(string directory)
    {
        if (!OperatingSystem.IsLinux()) return;
        var descriptor = Open(directory, ReadOnlyCloseOnExec);
        if (descriptor < 0) throw Failure(directory);
        try
        {
            // Some network file systems do not know the call for directories.
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument) throw Failure(directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string directory) => new($"[{directory}] cannot be flushed to the disk: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
