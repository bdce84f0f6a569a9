using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>csv and tsv: a row of each line. Every event is a text of its own, with a header of its own where the spec says that there is one.</summary>
internal sealed class DelimitedRecords(InputFormat.Delimited format) : IRecordFormat
{
    private readonly TextValue values = new(format.ListDelimiter, format.TryParseNumbers);
    private readonly List<EventRecord> records = [];
    private TextColumns columns = new(format.Columns);
    private string? header;

    public IReadOnlyList<EventRecord> Read(ReadOnlySpan<byte> value)
    {
        records.Clear();
        var line = 0;
        foreach (var text in EventLines.Of(value))
        {
            if (++line <= format.SkipHeaderRows)
                continue;
            if (format.HasHeader && line == format.SkipHeaderRows + 1)
            {
                if (!TryReadHeader(text))
                    return records;
                continue;
            }

            records.Add(EventRecord.Of(new TextFields(columns, Split(text).Select(values.Of).ToList()), line));
        }

        return records;
    }

    private bool TryReadHeader(string text)
    {
        if (text == header)
            return true;
        var names = Split(text).Select((name, i) => string.IsNullOrEmpty(name) ? InputFormat.Delimited.DefaultName(i) : name).ToList();
        var repeated = names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToList();
        if (repeated.Count > 0)
        {
            records.Add(new EventRecord([], new ParseProblem(text, [$"Duplicate column entries found : [{string.Join(", ", repeated)}]"]), format.SkipHeaderRows + 1));
            return false;
        }

        (columns, header) = (new TextColumns(names), text);
        return true;
    }

    private IEnumerable<string?> Split(string line) => format.IsQuoted ? CsvLine.Split(line) : line.Split(format.Delimiter).Select(v => v.Length == 0 ? null : v);
}
