using System.Globalization;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>Values as Java prints them: <c>{page=x, tags=[a, null], n=1.0}</c>.</summary>
internal static class JavaText
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => JavaNumber.Text(number),
        JsonMap map => "{" + string.Join(", ", map.Select(m => $"{m.Key}={Of(m.Value)}")) + "}",
        IReadOnlyList<object?> list => "[" + string.Join(", ", list.Select(Of)) + "]",
        _ => throw new ArgumentException($"{value.GetType()} is no field's value", nameof(value)),
    };
}
