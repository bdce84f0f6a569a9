using System.Globalization;
using System.Text;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>
/// The container of a segment: internal files one after another in chunks of less than 2 GiB, and <c>meta.smoosh</c>, the index of where
/// each one lies. An internal file never spans chunks.
/// </summary>
internal sealed class SmooshWriter(string directory, int maxChunkBytes = int.MaxValue) : IDisposable
{
    private readonly List<Entry> entries = [];
    private SegmentOutput? chunk;
    private int chunks;
    private long finished;
    private long start;
    private string current = "";

    /// <summary>Begins an internal file; <see cref="End"/> must follow before the next.</summary>
    public SegmentOutput Begin(string name)
    {
        chunk ??= NextChunk();
        current = name;
        start = chunk.Position;
        return chunk;
    }

    public void End()
    {
        if (chunk!.Position - start > maxChunkBytes)
            throw new UnsupportedSegmentException(current, $"takes {chunk.Position - start} bytes, more than the {maxChunkBytes} of a chunk");

        // Sizes are known only afterwards, so what does not fit moves on whole. Rare: production segments are well below 2 GiB.
        if (chunk.Position > maxChunkBytes)
        {
            var full = chunk;
            chunk = NextChunk();
            using (full)
            {
                chunk.TakeTail(full, start);
                finished += full.Position;
            }

            start = 0;
        }

        entries.Add(new(current, chunks - 1, start, chunk.Position));
    }

    /// <summary>Writes what is left and the index.</summary>
    /// <returns>The size in bytes of the chunks and the index.</returns>
    public long Finish()
    {
        chunk!.Flush();
        finished += chunk.Position;
        entries.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        var index = new StringBuilder().Append(CultureInfo.InvariantCulture, $"v1,{maxChunkBytes},{chunks}\n");
        foreach (var entry in entries)
            index.Append(CultureInfo.InvariantCulture, $"{entry.Name},{entry.Chunk},{entry.Start},{entry.End}\n");
        var bytes = Encoding.UTF8.GetBytes(index.ToString());
        File.WriteAllBytes(Path.Combine(directory, "meta.smoosh"), bytes);
        return finished + bytes.Length;
    }

    public void Dispose() => chunk?.Dispose();

    private SegmentOutput NextChunk() => new(Path.Combine(directory, (chunks++).ToString("D5", CultureInfo.InvariantCulture) + ".smoosh"));

    private sealed record Entry(string Name, int Chunk, long Start, long End);
}
