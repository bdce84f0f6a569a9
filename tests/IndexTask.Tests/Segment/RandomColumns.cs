using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Columns from a seeded generator, with nulls in stretches and by chance.</summary>
internal static class RandomColumns
{
    public static ColumnContent Longs(Random random, int rows)
    {
        var shift = random.Next(64);
        return new ColumnContent.LongColumn(Each(rows, () => random.NextInt64(long.MinValue, long.MaxValue) >> shift), Nulls(random, rows));
    }

    public static ColumnContent Floats(Random random, int rows) =>
        new ColumnContent.FloatColumn(Each(rows, () => random.Next(50) == 0 ? float.NaN : random.NextSingle() - 0.5f), Nulls(random, rows));

    public static ColumnContent Doubles(Random random, int rows) =>
        new ColumnContent.DoubleColumn(Each(rows, () => random.Next(50) == 0 ? -0.0 : random.NextDouble() * random.Next()), Nulls(random, rows));

    public static ColumnContent Single(Random random, int rows, string[] texts)
    {
        var values = Each(rows, () => Text(random, texts));
        return Columns.Strings("", values).Materialize();
    }

    public static ColumnContent Multi(Random random, int rows, string[] texts)
    {
        // The first row makes sure that it is a column of several values even when it is the only one.
        var lists = Each(rows, () => Each(random.Next(4), () => Text(random, texts)));
        lists[0] = ["a", "b", "b"];
        return Columns.MultiStrings("", lists).Materialize();
    }

    private static string? Text(Random random, string[] texts) => random.Next(4) switch
    {
        0 => null,
        1 => texts[random.Next(texts.Length)],
        2 => texts[random.Next(texts.Length)] + random.Next(1000),
        _ => $"{random.Next(5)}{texts[random.Next(1, 6)]}",
    };

    private static ulong[] Nulls(Random random, int rows)
    {
        var words = new ulong[random.Next(((rows + 63) / 64) + 1)];
        if (random.Next(3) == 0)
            return words;
        for (var i = 0; i < words.Length; i++)
            words[i] = random.Next(5) switch { 0 => ulong.MaxValue, 1 or 2 => 0, _ => (ulong)random.NextInt64() };
        return words;
    }

    private static T[] Each<T>(int rows, Func<T> value)
    {
        var values = new T[rows];
        for (var row = 0; row < rows; row++)
            values[row] = value();
        return values;
    }
}
