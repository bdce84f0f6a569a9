using System.Globalization;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Rows as lines, so that a difference is seen at once.</summary>
internal static class RowText
{
    public static IEnumerable<string> Of(SegmentReader reader) =>
        reader.Rows().Select(row => string.Join(' ', row.Select(value => $"{value.Key}={Of(value.Value)}")));

    public static string Of(object? value) => value switch
    {
        null => "null",
        string?[] values => $"[{string.Join(',', values.Select(Of))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
