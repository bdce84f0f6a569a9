using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// Sorted rows of a sink in a temporary file: arrays in the machine's byte order one after another, each at a multiple of 8. Only the process
/// that wrote it reads it, through a memory map, so what lies where is kept in memory; the file goes when this does.
/// </summary>
internal sealed unsafe partial class SpillFile : IDisposable
{
    private const int DontNeed = 4; // MADV_DONTNEED

    private readonly string path;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;

    private SpillFile(string path, SpillLayout layout)
    {
        this.path = path;
        Layout = layout;
        map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
    }

    public SpillLayout Layout { get; }

    public long Bytes => view.Capacity;

    /// <exception cref="IOException">The file exists, or the disk is full; nothing is left behind in the second case.</exception>
    public static SpillFile Write(string path, RowStore rows, CancellationToken cancellation)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            var layout = new SpillWriter(stream, cancellation).Write(new SortedRows(rows, asText: true));
            stream.Close();
            return new SpillFile(path, layout);
        }
        catch
        {
            stream.Close();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>The values of a section; good until disposal.</summary>
    public ReadOnlySpan<T> Read<T>(SpillSection section)
        where T : unmanaged => new(start + section.Offset, checked((int)(section.Length / Unsafe.SizeOf<T>())));

    /// <summary>Gives the pages that were read back to the system: those of a mapped file count as the process's memory for as long as it maps them. They are read again where needed, mostly
    /// from the system's cache.</summary>
    public void Unload()
    {
        if (OperatingSystem.IsLinux()) _ = Advise((nint)start, (nuint)view.Capacity, DontNeed);
    }

    public void Dispose()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
        File.Delete(path);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}
