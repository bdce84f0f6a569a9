using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Files that are not as they should be: a clear error, quickly, and never another one.</summary>
public class DamagedSegmentTests
{
    public static TheoryData<string> Fixtures =>
        ["small-lz4", "small-auto", "small-autounc", "small-unc", "small-unc-none", "small-fc", "small-concise", "../Druid33/first-last-rollup", "../Druid33/first-last-time-column", "../Druid33/no-bitmaps-uncompressed"];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Changed_bytes_are_noticed_or_read_as_other_values(string fixture)
    {
        var files = SegmentDirectory.Files(SegmentDirectory.Fixture(fixture));
        var random = new Random(fixture.Length);
        for (var round = 0; round < 400; round++)
        {
            var name = random.Next(12) == 0 ? "meta.smoosh" : "00000.smoosh";
            var bytes = (byte[])files[name].Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(bytes.Length);
                bytes[at] = random.Next(4) switch { 0 => 0, 1 => 0xFF, 2 => (byte)(bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
            }

            ReadAll(files, name, bytes, $"round {round}");
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Truncated_files_are_noticed(string fixture)
    {
        var files = SegmentDirectory.Files(SegmentDirectory.Fixture(fixture));
        foreach (var name in new[] { "00000.smoosh", "meta.smoosh", "version.bin" })
        {
            for (var length = 0; length < files[name].Length; length += Math.Max(1, files[name].Length / 80))
            {
                var wasRead = ReadAll(files, name, files[name][..length], $"{name} of {length} bytes");

                // The index may lose its last line break and the files that come last without anyone missing them.
                Assert.True(!wasRead || name == "meta.smoosh", $"{name} of {length} bytes was read");
            }
        }
    }

    [Fact]
    public void Truncated_columns_are_noticed_even_when_the_container_is_whole()
    {
        var files = SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-lz4"));
        foreach (var name in files.Keys.Where(name => !name.EndsWith(".drd", StringComparison.Ordinal)))
        {
            for (var length = 0; length < files[name].Length; length++)
            {
                var shortened = new Dictionary<string, byte[]>(files) { [name] = files[name][..length] };
                using var directory = SegmentDirectory.Of(shortened);

                // The set of null rows is an optional tail of numeric columns, so without all of it such a column still is one.
                Assert.True(TryRead(directory.Path, $"[{name}] of {length} bytes") is false || HasOptionalTailAt(files[name], length), $"[{name}] of {length} bytes was read");
            }
        }
    }

    [Fact]
    public void Another_version_is_not_opened()
    {
        using var directory = SegmentDirectory.Of(SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-lz4")));
        File.WriteAllBytes(Path.Combine(directory.Path, "version.bin"), [0, 0, 0, 10]);

        Assert.Throws<InvalidSegmentException>(() => SegmentReader.Open(directory.Path));
    }

    // Of the small rows' numeric columns with nulls, the tail is a length and 18 bytes of Roaring.
    private static bool HasOptionalTailAt(byte[] column, int length) => length == column.Length - 22;

    private static bool ReadAll(SortedDictionary<string, byte[]> files, string changed, byte[] bytes, string what)
    {
        using var directory = new SegmentDirectory();
        foreach (var (name, content) in files)
            File.WriteAllBytes(Path.Combine(directory.Path, name), name == changed ? bytes : content);
        return TryRead(directory.Path, what);
    }

    private static bool TryRead(string directory, string what)
    {
        try
        {
            using var reader = SegmentReader.Open(directory);
            var rows = reader.Rows().Count();
            Assert.Equal(reader.RowCount, rows);
            foreach (var column in reader.Columns.Where(column => column.Kind == ColumnKind.String))
            {
                foreach (var value in new[] { null, "", "a", "b", "de" })
                    Assert.All(reader.RowsOf(column.Name, value), row => Assert.InRange(row, 0, rows - 1));
            }

            return true;
        }
        catch (Exception problem) when (problem is InvalidSegmentException or UnsupportedSegmentException)
        {
            return false;
        }
        catch (Exception problem)
        {
            Assert.Fail($"{what}: {problem}");
            throw;
        }
    }
}
