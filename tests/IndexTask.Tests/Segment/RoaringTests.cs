using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Segment.Codecs;
using Ingestion.IndexTask.Segment.Reading;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Tests.Segment;

public class RoaringTests
{
    [Theory]
    [InlineData("5", "3a300000 01000000 0000 0000 10000000 0500")]
    [InlineData("0,1,4", "3a300000 01000000 0000 0200 10000000 0000 0100 0400")]
    [InlineData("0,1,2,3,4,5,6,7,8,9", "3b300000 01 0000 0900 0100 0000 0900")]
    [InlineData("3,70000", "3a300000 02000000 0000 0000 0100 0000 18000000 1a000000 0300 7011")]
    [InlineData("70000", "3a300000 01000000 0100 0000 10000000 7011")]
    [InlineData("7,65536,65537,65538,65539", "3b300100 02 0000 0000 0100 0300 0700 0100 0000 0300")]
    public void Row_sets_are_written_in_the_portable_format_with_runs_where_they_are_smaller(string rows, string bytes) =>
        Assert.Equal(bytes.Replace(" ", ""), Convert.ToHexStringLower(Write([.. rows.Split(',').Select(int.Parse)])));

    [Fact]
    public void Random_row_sets_come_back()
    {
        var random = new Random(17);
        for (var round = 0; round < 300; round++)
        {
            var rowCount = random.Next(1, 600_000);
            var rows = RandomRows(random, rowCount);
            if (rows.Length > 0)
                Assert.Equal(rows.ToList(), BitmapReader.Rows(Write(rows), BitmapKind.Roaring, rowCount, new SegmentCursor(default, $"round {round}")));
        }
    }

    // Stretches of nothing, of some rows and of every row, as many as it takes to fill the rows.
    private static int[] RandomRows(Random random, int rowCount)
    {
        List<int> rows = [];
        var longest = 1 << random.Next(2, 19);
        for (var row = 0; row < rowCount;)
        {
            var end = Math.Min(rowCount, row + random.Next(1, longest));
            var step = random.Next(4) switch { 0 => rowCount, 1 => 1, 2 => 2, _ => random.Next(1, 5000) };
            if (step < rowCount)
            {
                for (; row < end; row += step)
                    rows.Add(row);
            }

            row = Math.Max(row, end);
        }

        return [.. rows];
    }

    private static byte[] Write(int[] rows)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using (var output = new SegmentOutput(path))
            {
                RoaringWriter.Write(rows, output);
                output.Flush();
            }

            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
