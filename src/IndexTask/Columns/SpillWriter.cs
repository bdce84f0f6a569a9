using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Columns;

/// <summary>Writes the arrays of a <see cref="SpillFile"/>, column by column.</summary>
internal sealed class SpillWriter(Stream stream, CancellationToken cancellation)
{
    private const int Alignment = 8;

    public SpillLayout Write(SortedRows sorted)
    {
        var dimensions = new Dictionary<string, SpilledColumn>(StringComparer.Ordinal);
        var metrics = new Dictionary<string, SpilledColumn>(StringComparer.Ordinal);
        var times = Section<long>(sorted.Times());
        for (var i = 0; i < sorted.Strings.Length; i++)
        {
            var dimension = sorted.Rows.Dimensions[i];
            dimensions.Add(dimension.Name, sorted.Strings[i] is { } strings ? Strings(strings, sorted.Order) : Numbers(dimension.Numbers!, sorted.Order));
        }

        foreach (var metric in sorted.Rows.Metrics)
            metrics.Add(metric.Name, Numbers(metric, sorted.Order));
        foreach (var pairs in sorted.Rows.Pairs)
        {
            var pairTimes = Section<long>(pairs.TimesInOrder(sorted.Order));
            var values = pairs.Strings is { } strings ? Strings(new SortedStrings(strings, sorted.Order.Length), sorted.Order) : (SpilledColumn)Numbers(pairs.Numbers!, sorted.Order);
            metrics.Add(pairs.Name, new SpilledColumn.Pairs(pairTimes, values));
        }

        stream.Flush();
        return new SpillLayout(sorted.Order.Length, times, dimensions, metrics);
    }

    private SpilledColumn.Strings Strings(SortedStrings column, int[] order)
    {
        cancellation.ThrowIfCancellationRequested();
        var dictionary = column.BuildDictionary();
        List<int> listEnds = [], listIds = [];
        for (var list = 0; list < column.Lists.Count; list++)
        {
            foreach (var id in column.Lists.Elements(list))
                listIds.Add(id);
            listEnds.Add(listIds.Count);
        }

        var codeBytes = listEnds.Count > 0 ? 4 : dictionary.Count <= 0x100 ? 1 : dictionary.Count <= 0x10000 ? 2 : 4;
        return new SpilledColumn.Strings(
            dictionary.HasNull,
            dictionary.Count,
            Section(dictionary.Bytes),
            Section(dictionary.Ends),
            Codes(column.Codes(order), codeBytes),
            codeBytes,
            Section<int>(CollectionsMarshal.AsSpan(listEnds)),
            Section<int>(CollectionsMarshal.AsSpan(listIds)),
            column.Rows.Seen);
    }

    private SpillSection Codes(int[] codes, int codeBytes) => codeBytes switch
    {
        1 => Section<byte>(Array.ConvertAll(codes, code => (byte)code)),
        2 => Section<ushort>(Array.ConvertAll(codes, code => (ushort)code)),
        _ => Section<int>(codes),
    };

    private SpilledColumn.Numbers Numbers(NumberRows column, int[] order)
    {
        cancellation.ThrowIfCancellationRequested();
        var (values, nulls) = column.InOrder(order);
        return new SpilledColumn.Numbers(column.Kind, Section<long>(values), Section<ulong>(nulls));
    }

    private SpillSection Section<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Span<byte> padding = stackalloc byte[Alignment];
        padding.Clear();
        var bytes = MemoryMarshal.AsBytes(values);
        var section = new SpillSection(stream.Position, bytes.Length);
        stream.Write(bytes);
        stream.Write(padding[..((Alignment - (bytes.Length % Alignment)) % Alignment)]);
        return section;
    }
}
