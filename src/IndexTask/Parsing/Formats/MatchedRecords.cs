using System.Text.RegularExpressions;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>regex: a row of each line that matches, with the groups for values.</summary>
internal sealed class MatchedRecords(InputFormat.Matched format) : IRecordFormat
{
    private readonly TextValue values = new(format.ListDelimiter, tryParseNumbers: false);
    private readonly TextColumns columns = new(format.Columns ?? [.. Enumerable.Range(0, format.Regex.GetGroupNumbers().Length - 1).Select(InputFormat.Delimited.DefaultName)]);
    private readonly List<EventRecord> records = [];

    public IReadOnlyList<EventRecord> Read(ReadOnlySpan<byte> value)
    {
        records.Clear();
        var line = 0;
        foreach (var text in EventLines.Of(value))
            records.Add(Read(text, ++line));
        return records;
    }

    private EventRecord Read(string text, int line)
    {
        try
        {
            var match = format.Regex.Match(text);
            if (!match.Success)
                return EventRecord.Unparseable(text, line);
            return EventRecord.Of(new TextFields(columns, match.Groups.Values.Skip(1).Select(group => values.Of(group.Success ? group.Value : null)).ToList()), line);
        }
        catch (RegexMatchTimeoutException)
        {
            return EventRecord.Unparseable(text, line);
        }
    }
}
