using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>An empty directory for one segment, removed with its files at the end of the test.</summary>
internal sealed class SegmentDirectory : IDisposable
{
    public SegmentDirectory() => Path = Directory.CreateTempSubdirectory("segment-").FullName;

    public string Path { get; }

    public long SizeBytes { get; private set; }

    public static string Fixture(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "Fixtures", "Segments", name);

    public static SegmentDirectory Of(SegmentContent content, int maxChunkBytes = int.MaxValue)
    {
        var directory = new SegmentDirectory();
        directory.SizeBytes = SegmentWriter.Write(directory.Path, content, maxChunkBytes, CancellationToken.None);
        return directory;
    }

    /// <summary>A directory made of internal files given as bytes, to read what is not written here.</summary>
    public static SegmentDirectory Of(IReadOnlyDictionary<string, byte[]> internalFiles)
    {
        var directory = new SegmentDirectory();
        var index = "v1,2147483647,1\n";
        using (var chunk = File.Create(System.IO.Path.Combine(directory.Path, "00000.smoosh")))
        {
            foreach (var (name, bytes) in internalFiles)
            {
                index += $"{name},0,{chunk.Position},{chunk.Position + bytes.Length}\n";
                chunk.Write(bytes);
            }
        }

        File.WriteAllText(System.IO.Path.Combine(directory.Path, "meta.smoosh"), index);
        File.WriteAllBytes(System.IO.Path.Combine(directory.Path, "version.bin"), [0, 0, 0, 9]);
        return directory;
    }

    /// <summary>The bytes of each internal file, by name.</summary>
    public static Dictionary<string, byte[]> InternalFiles(string directory)
    {
        Dictionary<string, byte[]> files = [];
        foreach (var line in File.ReadAllLines(System.IO.Path.Combine(directory, "meta.smoosh")).Skip(1))
        {
            var fields = line.Split(',');
            var chunk = File.ReadAllBytes(System.IO.Path.Combine(directory, $"{int.Parse(fields[1]):D5}.smoosh"));
            files[fields[0]] = chunk[int.Parse(fields[2])..int.Parse(fields[3])];
        }

        return files;
    }

    public static SortedDictionary<string, byte[]> Files(string directory) =>
        new(Directory.GetFiles(directory).ToDictionary(file => System.IO.Path.GetFileName(file), File.ReadAllBytes), StringComparer.Ordinal);

    /// <summary>Both directories hold the same files with the same bytes.</summary>
    public static void AssertSame(string expected, string actual) => AssertSame(Files(expected), Files(actual));

    public static void AssertSame(IDictionary<string, byte[]> expected, IDictionary<string, byte[]> actual)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (name, bytes) in expected)
        {
            var same = bytes.AsSpan().CommonPrefixLength(actual[name]);
            Assert.True(same == bytes.Length && same == actual[name].Length, $"{name}: {actual[name].Length} bytes instead of {bytes.Length}, the first different one is at {same}");
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
