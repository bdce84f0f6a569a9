using System.Globalization;
using System.Text;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>The internal files of a segment directory, by name.</summary>
internal sealed class SmooshFiles : IDisposable
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>> files = new(StringComparer.Ordinal);
    private readonly List<MappedChunk> chunks = [];

    public SmooshFiles(string directory)
    {
        try
        {
            var lines = ReadIndex(directory).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var header = lines.Length == 0 ? [] : lines[0].Split(',');
            if (header.Length != 3 || header[0] != "v1" || !TryNumber(header[2], out var count))
                throw new InvalidSegmentException("meta.smoosh does not begin with v1, a chunk size and a number of chunks");
            for (var i = 0; i < count; i++)
                chunks.Add(OpenChunk(directory, i));
            foreach (var line in lines.AsSpan(1))
                AddFile(line);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IEnumerable<string> Names => files.Keys;

    /// <exception cref="InvalidSegmentException">There is no such file.</exception>
    public ReadOnlyMemory<byte> this[string name] =>
        files.TryGetValue(name, out var bytes) ? bytes : throw new InvalidSegmentException($"there is no internal file [{name}]");

    public bool Contains(string name) => files.ContainsKey(name);

    public void Dispose()
    {
        foreach (IDisposable chunk in chunks)
            chunk.Dispose();
    }

    private static string ReadIndex(string directory)
    {
        var path = Path.Combine(directory, "meta.smoosh");
        return File.Exists(path)
            ? File.ReadAllText(path, Encoding.UTF8)
            : throw new InvalidSegmentException($"{directory} has no meta.smoosh");
    }

    private static MappedChunk OpenChunk(string directory, int number)
    {
        var path = Path.Combine(directory, number.ToString("D5", CultureInfo.InvariantCulture) + ".smoosh");
        return File.Exists(path) ? new(path) : throw new InvalidSegmentException($"chunk {number} is missing: {path}");
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private void AddFile(string line)
    {
        var fields = line.Split(',');
        if (fields.Length != 4 || !TryNumber(fields[1], out var chunk) || !TryNumber(fields[2], out var start) || !TryNumber(fields[3], out var end))
            throw new InvalidSegmentException($"meta.smoosh has a line that is not name, chunk, start and end: {line}");
        if (chunk >= chunks.Count || start > end || end > chunks[chunk].Memory.Length)
            throw new InvalidSegmentException($"internal file [{fields[0]}] lies outside its chunk: {line}");
        if (!files.TryAdd(fields[0], chunks[chunk].Memory[start..end]))
            throw new InvalidSegmentException($"internal file [{fields[0]}] is there twice");
    }
}
