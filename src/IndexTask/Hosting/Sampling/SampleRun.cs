using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>Takes events until there are enough, through the parser and the columns that tasks have. Of each row it keeps the event as it came, as JSON, and where its columns are.</summary>
/// <param name="stop">The time is over, or nobody waits any more.</param>
internal sealed class SampleRun(SampleSpec spec, CancellationToken stop)
{
    /// <summary>Characters of events that are kept, at most.</summary>
    private const long MostInput = 32 << 20;
    private readonly FieldParser parser = new(spec.Schema, spec.Format);
    private readonly ParsedRow row = new();
    private readonly List<SampledRow> rows = [];
    private long input;

    public SampleTable Table { get; } = new(spec.Schema);
    public IReadOnlyList<SampledRow> Rows => rows;

    /// <summary>Rows in the table, those that rollup has merged counted each.</summary>
    public int Indexed { get; private set; }

    /// <summary>No more is to be taken.</summary>
    public bool IsOver => rows.Count >= spec.Limits.Rows || Table.Bytes >= spec.Limits.MemoryBytes || input >= MostInput || stop.IsCancellationRequested;

    /// <param name="value">An event; <c>default</c> is Kafka's null.</param>
    public void Take(ReadOnlySpan<byte> value)
    {
        if (IsOver) return;
        for (var result = parser.Parse(value, row); ; result = parser.Next(row))
        {
            Take(result);
            if (!result.HasMore || IsOver) return;
        }
    }

    private void Take(ParseResult result)
    {
        switch (result.Outcome)
        {
            case ParseOutcome.Row:
                Indexed++;
                Keep(Source(), Table.Add(row, parser.Fields!), null);
                break;
            case ParseOutcome.RowWithErrors:
                Keep(Source(), Table.Add(row, parser.Fields!), SampleTexts.OfValues(result.Problem!, parser.Fields!, row.TimeMillis, spec.Schema));
                break;
            case ParseOutcome.Unparseable when parser.RowOfRecord is not null:
                Keep(Source(), null, SampleTexts.OfEvent(result.Problem!, parser.Record));
                break;
            case ParseOutcome.Unparseable:
                var error = SampleTexts.OfEvent(result.Problem!, parser.Record);
                if (parser.Record.Rows.Count == 0) Keep(null, null, error);
                foreach (var unread in parser.Record.Rows) Keep(unread, null, error);
                break;
        }
    }

    private FieldValues Source() => parser.Record.Rows[parser.RowOfRecord!.Value];

    private void Keep(FieldValues? source, int? tableRow, string? error)
    {
        var json = source is null ? null : SampleTexts.Json(source.Raw);
        input += json?.Length ?? 0;
        rows.Add(new SampledRow(json, tableRow, error));
    }
}

/// <summary>One row of a sample.</summary>
/// <param name="Input">The event as it came, a JSON object; null where it is not even that.</param>
/// <param name="TableRow">Its row of the table; null where it has none: it could not be read, or is merged into an earlier one.</param>
/// <param name="Error">Why it, or a value in it, could not be read.</param>
internal sealed record SampledRow(string? Input, int? TableRow, string? Error);
