using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Expressions;

namespace Ingestion.IndexTask.Tests.Expressions;

/// <summary>Every recorded filter keeps the rows that Druid keeps.</summary>
public sealed class RecordedFilterTests
{
    /// <summary>Filters that are refused here, or answered otherwise, on purpose; with what they give.</summary>
    private static readonly Dictionary<string, string> Different = new(StringComparer.Ordinal)
    {
        // It cuts the fraction off.
        ["""{"type": "equals", "column": "i", "matchValueType": "LONG", "matchValue": 7.5}"""] = "eeeeee",
        ["""{"type": "range", "column": "i", "matchValueType": "LONG", "lower": 6.5}"""] = "eeeeee",
    };

    [Fact]
    public void Every_filter_keeps_the_rows_that_Druid_keeps()
    {
        var wrong = new List<string>();
        var count = 0;
        foreach (var (filter, answer) in Recorded.Lines("filters.tsv"))
        {
            count++;
            var actual = Evaluate(filter);
            if (actual != Different.GetValueOrDefault(filter, answer))
                wrong.Add($"{filter}\n  Druid: {answer}\n  here:  {actual}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} differ:\n{string.Join('\n', wrong)}");
    }

    private static string Evaluate(string filter)
    {
        var spec = TransformSpecs.TryRead($"{{\"filter\":{filter}}}", out _);
        return spec is null ? "eeeeee" : string.Concat(Recorded.Rows.Select(row => Evaluate(spec, row)));
    }

    private static char Evaluate(TransformSpec spec, Recorded.MapFields row)
    {
        try
        {
            var time = row.Time;
            return new RowTransforms(spec).Apply(row, ref time) is null ? 'n' : 'y';
        }
        catch (ExpressionException)
        {
            return 'e';
        }
    }
}
