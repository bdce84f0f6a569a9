using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>A chunk file as memory, loaded by the operating system as it is touched.</summary>
internal sealed unsafe class MappedChunk : MemoryManager<byte>
{
    private readonly MemoryMappedFile? file;
    private readonly MemoryMappedViewAccessor? view;
    private readonly int length;
    private byte* start;
    private bool isClosed;

    public MappedChunk(string path)
    {
        var size = new FileInfo(path).Length;
        if (size > int.MaxValue)
            throw new InvalidSegmentException($"{path} has {size} bytes, more than a chunk may");
        length = (int)size;
        if (length == 0)
            return;
        file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
    }

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(isClosed, this);
        return new(start, length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(isClosed, this);
        return new(start + elementIndex);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (isClosed || !disposing)
            return;
        isClosed = true;
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        file?.Dispose();
    }
}
