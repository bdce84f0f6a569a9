using System.Buffers.Binary;
using System.Text;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Layouts that are not written any more, or not here: made from what is written by the rules of the format.</summary>
public class OlderSegmentTests
{
    [Fact]
    public void Numbers_without_nulls_are_read_from_the_parts_before_version_2()
    {
        var files = SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-lz4"));
        foreach (var (name, part) in new[] { ("__time", "long"), ("count", "long") })
        {
            // The older part is the newer one's value structure without the length in front.
            var column = files[name];
            var descriptor = $$"""{"valueType":"LONG","hasMultipleValues":false,"parts":[{"type":"{{part}}","byteOrder":"LITTLE_ENDIAN"}]}""";
            files[name] = [.. Framed(descriptor), .. column[(DataOf(column) + 4)..]];
        }

        using var older = SegmentDirectory.Of(files);
        using var reader = SegmentReader.Open(older.Path);
        using var newer = SegmentReader.Open(SegmentDirectory.Fixture("small-lz4"));
        Assert.Equal("long", reader.Columns[0].Part);
        Assert.Equal(RowText.Of(newer), RowText.Of(reader));
    }

    [Fact]
    public void Values_in_big_endian_order_are_read()
    {
        var files = SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-unc-none"));
        var column = files["__time"];
        var descriptor = Encoding.UTF8.GetString(column[4..DataOf(column)]).Replace("LITTLE_ENDIAN", "BIG_ENDIAN");
        var data = column[DataOf(column)..];
        for (var at = data.Length - 32; at < data.Length; at += 8)
            data.AsSpan(at, 8).Reverse();
        files["__time"] = [.. Framed(descriptor), .. data];

        using var bigEndian = SegmentDirectory.Of(files);
        using var reader = SegmentReader.Open(bigEndian.Path);
        Assert.Equal([1714521600000, 1714521600000, 1714525200000, 1714528800000], reader.Time.ToArray());
    }

    [Fact]
    public void An_index_without_lists_of_empty_columns_is_read()
    {
        var files = SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-lz4"));
        var serde = """{"type":"roaring"}""";
        var end = Encoding.UTF8.GetString(files["index.drd"]).IndexOf(serde, StringComparison.Ordinal) + serde.Length;

        // Before 0.23 columns of nothing but null were not stored, and before 0.18 the kind of bitmaps could be left out.
        AssertDimensions(files, files["index.drd"][..end], BitmapKind.Roaring);
        AssertDimensions(files, files["index.drd"][..(end - serde.Length - 4)], BitmapKind.Concise);
    }

    [Fact]
    public void Several_values_in_the_layout_before_the_present_one_are_read()
    {
        var files = SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-lz4"));
        var column = files["tags"];

        // Flag 1 instead of 2, layout 2 instead of 3, and offsets with a width, as ids have it.
        var flagsAt = DataOf(column) + 1;
        var layoutAt = flagsAt + 4 + 10 + BinaryPrimitives.ReadInt32BigEndian(column.AsSpan(flagsAt + 4 + 2)) - 4;
        Assert.Equal((2, 3, 2), (column[flagsAt + 3], column[layoutAt], column[layoutAt + 1]));
        column[flagsAt + 3] = 1;
        column[layoutAt] = 2;
        files["tags"] = [.. column[..(layoutAt + 2)], 4, .. column[(layoutAt + 2)..]];

        using var older = SegmentDirectory.Of(files);
        using var reader = SegmentReader.Open(older.Path);
        Assert.Equal(["[a,b]", "[]", "b", "[null,c]"], reader.Rows().Select(row => RowText.Of(row["tags"])));
    }

    [Fact]
    public void A_complex_column_is_named_as_not_supported_and_leaves_the_others_readable()
    {
        var files = SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-lz4"));
        files["price"] = [.. Framed("""{"valueType":"COMPLEX","hasMultipleValues":false,"parts":[{"type":"complex","typeName":"hyperUnique"}]}"""), 1, 2, 3];

        using var directory = SegmentDirectory.Of(files);
        using var reader = SegmentReader.Open(directory.Path);
        Assert.Equal("price", Assert.Throws<UnsupportedSegmentException>(() => reader.Read("price")).Column);
        Assert.Equal(ColumnKind.Unsupported, reader.Columns.Single(column => column.Name == "price").Kind);
        Assert.Equal(["3", "1", "null", "7"], ColumnText.Of(reader.Read("clicks")));
    }

    [Theory]
    [InlineData(0x00, "lzf")]
    [InlineData(0x02, "zstd")]
    public void Compressions_that_are_not_read_are_named(byte compression, string name)
    {
        var files = SegmentDirectory.InternalFiles(SegmentDirectory.Fixture("small-lz4"));
        var column = files["clicks"];
        column[DataOf(column) + 4 + 9] = compression;

        using var directory = SegmentDirectory.Of(files);
        using var reader = SegmentReader.Open(directory.Path);
        Assert.Equal($"column [clicks]: {name} compression", Assert.Throws<UnsupportedSegmentException>(() => reader.Read("clicks")).Message);
    }

    private static void AssertDimensions(Dictionary<string, byte[]> files, byte[] index, BitmapKind bitmap)
    {
        using var directory = SegmentDirectory.Of(new Dictionary<string, byte[]>(files) { ["index.drd"] = index });
        using var reader = SegmentReader.Open(directory.Path);
        Assert.Equal(["country", "tags", "score", "age", "dd"], reader.Dimensions);
        Assert.Equal(["clicks", "count", "price"], reader.Metrics);
        Assert.Equal(bitmap, reader.Bitmap);
    }

    private static int DataOf(byte[] column) => 4 + BinaryPrimitives.ReadInt32BigEndian(column);

    private static byte[] Framed(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return [.. length, .. bytes];
    }
}
