using System.Numerics;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>The order in which a Java <c>HashSet</c> lists texts (OpenJDK's <c>HashMap</c>: a table whose size is a power of two and at least a third larger than what it holds).
/// Druid's blended rows have it, so the order of discovered dimensions depends on it.</summary>
internal static class JavaHashOrder
{
    private const int LeastTable = 16;

    /// <param name="first">What the set is made of, no two equal: it decides the table's size at first.</param>
    /// <param name="then">What is added.</param>
    public static List<string> Of(IReadOnlyCollection<string> first, IEnumerable<string> then)
    {
        List<string> texts = [.. first.Concat(then).Distinct(StringComparer.Ordinal)];
        var table = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max((int)(first.Count / 0.75f) + 1, LeastTable));
        while (texts.Count > table * 3 / 4)
            table *= 2;
        return [.. texts.OrderBy(text => Spread(text) & (table - 1))];
    }

    private static int Spread(string text)
    {
        var hash = 0;
        foreach (var unit in text)
            hash = unchecked((31 * hash) + unit);
        return hash ^ (int)((uint)hash >> 16);
    }
}
