using System.Globalization;

namespace Ingestion.Overlord.Commands;

/// <summary>A table for people: columns as wide as their widest cell, headings in capitals. A heading that begins with <c>&gt;</c> is that of a column of numbers, which stand to the right.</summary>
internal sealed class TextTable(params string[] headings)
{
    private const string Gap = "  ";
    private readonly List<string[]> rows = [];

    /// <param name="cells">As many as there are headings; null leaves one empty, numbers are grouped by thousands.</param>
    public void Add(params object?[] cells) => rows.Add([.. cells.Select(Text)]);

    public bool IsEmpty => rows.Count == 0;

    public IEnumerable<string> Lines()
    {
        var titles = headings.Select(h => h.TrimStart('>')).ToArray();
        var widths = titles.Select((title, i) => rows.Select(r => r[i].Length).Append(title.Length).Max()).ToArray();
        return rows.Prepend(titles).Select(row => string.Join(Gap, row.Select((cell, i) => headings[i].StartsWith('>') ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    public void Write(TextWriter output)
    {
        foreach (var line in Lines()) output.WriteLine(line);
    }

    /// <summary>What comes from elsewhere may hold anything: no line break or escape sequence reaches the screen.</summary>
    public static string Plain(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;

    private static string Text(object? cell) => cell switch
    {
        null => "",
        string text => Plain(text),
        IFormattable number => number.ToString(Words.Thousands, CultureInfo.InvariantCulture),
        _ => Plain($"{cell}"),
    };
}
