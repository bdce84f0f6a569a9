using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Tests.Columns;

public sealed class ChunkedArrayTests
{
    [Theory]
    [InlineData(1, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 128)]
    [InlineData(4_096, 4_096)]
    [InlineData(4_097, 8_192)]
    [InlineData(20_000, 20_480)]
    public void Elements_stay_what_they_were_while_it_grows(int count, int allocated)
    {
        var array = new ChunkedArray<long>();
        for (var i = 0; i < count; i++) array.Append(i, i + 1);
        var copy = new long[count + 10_000];
        array.CopyTo(copy);
        Assert.Equal(Enumerable.Range(1, count).Select(i => (long)i).Concat(new long[10_000]), copy);
        Assert.Equal(Enumerable.Range(1, count).Select(i => (long)i), Enumerable.Range(0, count).Select(i => array.Read(i)));
        Assert.Equal((0L, allocated * 8L), (array.Read(1_000_000), array.Bytes));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(50_000)]
    public void Elements_passed_over_are_zero(int index)
    {
        var array = new ChunkedArray<int>();
        array.Append(0, 1);
        array.Append(index, 2);
        array.Append(index + 1, 3);
        var copy = new int[index + 2];
        array.CopyTo(copy);
        Assert.Equal(new int[index - 1].Prepend(1).Append(2).Append(3), copy);
    }
}
