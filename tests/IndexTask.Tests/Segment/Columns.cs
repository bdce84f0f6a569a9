using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Columns made of plain values.</summary>
internal static class Columns
{
    public static ColumnSource Longs(string name, params long?[] values) =>
        new ReadyColumn(name, new ColumnContent.LongColumn(Present(values), Nulls(values)));

    public static ColumnSource Floats(string name, params float?[] values) =>
        new ReadyColumn(name, new ColumnContent.FloatColumn(Present(values), Nulls(values)));

    public static ColumnSource Doubles(string name, params double?[] values) =>
        new ReadyColumn(name, new ColumnContent.DoubleColumn(Present(values), Nulls(values)));

    public static ColumnSource Strings(string name, params string?[] values)
    {
        var dictionary = Utf8Dictionary.Of(values);
        return new ReadyColumn(name, new ColumnContent.StringColumn(dictionary, Ids(values, dictionary)));
    }

    public static ColumnSource MultiStrings(string name, params string?[][] rows)
    {
        // An empty row is found as null.
        var dictionary = Utf8Dictionary.Of(rows.SelectMany(row => row.Length == 0 ? [null] : row));
        var ends = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            ends[i] = (i == 0 ? 0 : ends[i - 1]) + rows[i].Length;
        return new ReadyColumn(name, new ColumnContent.MultiStringColumn(dictionary, ends, Ids([.. rows.SelectMany(row => row)], dictionary)));
    }

    private static int[] Ids(string?[] values, Utf8Dictionary dictionary)
    {
        var known = new Dictionary<string, int>();
        return [.. values.Select(value => value is null ? 0 : known.TryGetValue(value, out var id) ? id : known[value] = dictionary.IdOf(value))];
    }

    // What stands in a null row must not matter, so the bytes of something else stand there.
    private static T[] Present<T>(T?[] values)
        where T : unmanaged => [.. values.Select(value => value ?? Rubbish<T>())];

    private static T Rubbish<T>()
        where T : unmanaged
    {
        T rubbish = default;
        MemoryMarshal.AsBytes(new Span<T>(ref rubbish)).Fill(0x5A);
        return rubbish;
    }

    private static ulong[] Nulls<T>(T?[] values)
        where T : unmanaged
    {
        var words = new ulong[(values.Length + 63) / 64];
        for (var row = 0; row < values.Length; row++)
        {
            if (values[row] is null)
                words[row / 64] |= 1UL << (row % 64);
        }

        return words;
    }
}
