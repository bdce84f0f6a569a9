namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>
/// Splits a line at its commas (RFC 4180), with the leniency of the parser that Druid uses (OpenCSV): a quote counts only at the start of a value, one that is never closed
/// reaches to the end of the line and is kept, as is text behind a closing quote. Nothing between two commas is null; <c>""</c> is an empty text.
/// </summary>
internal static class CsvLine
{
    public static List<string?> Split(string line)
    {
        List<string?> values = [];
        for (var start = 0; ;)
        {
            var end = start < line.Length && line[start] == '"' ? QuotedEnd(line, start) : line.IndexOf(',', start);
            if (end < 0)
                end = line.Length;
            values.Add(end == start ? null : Unquoted(line[start..end]));
            if (end == line.Length)
                return values;
            start = end + 1;
        }
    }

    /// <summary>The comma behind the quoted value that starts here, or -1.</summary>
    private static int QuotedEnd(string line, int start)
    {
        var isInside = true;
        for (var i = start + 1; i < line.Length; i++)
        {
            if (line[i] == '"')
                isInside = !isInside;
            else if (line[i] == ',' && !isInside && line[i - 1] == '"')
                return i;
        }

        return -1;
    }

    private static string Unquoted(string value)
    {
        if (value.AsSpan().Count('"') < 2) // a single quote is text
            return value;
        if (value[0] == '"')
            value = value[^1] == '"' ? value[1..^1] : value[1..];
        return value.Replace("\"\"", "\"", StringComparison.Ordinal);
    }
}
