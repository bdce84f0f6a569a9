using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Expressions;

namespace Ingestion.IndexTask.Tests.Expressions;

/// <summary>Every recorded filter keeps the rows that Druid keeps.</summary>
public sealed class RecordedFilterTests
{
    /// <summary>Filters that are refused here, or answered otherwise, on purpose; with what they give.</summary>
    private static readonly Dictionary<string, string> Different = new(StringComparer.Ordinal)
    {
        // Of several fields with several values it takes all values to be of the last one's type: 'a' is no number then, and 1 a text.
        ["""{"type": "not", "field": {"type": "expression", "expression": "nums == tags"}}"""] = "nnnnnn",
        ["""{"type": "expression", "expression": "concat(tags, nums) == 'a1'"}"""] = "yynnnn",
        ["""{"type": "expression", "expression": "concat(tags, nums, reals) == 'a11.5'"}"""] = "ynnnnn",
        // It fails at lists of several types, and at lambdas that read a field with several values beside their parameter.
        ["""{"type": "expression", "expression": "array_concat(tags, nums)"}"""] = "yyynnn",
        ["""{"type": "not", "field": {"type": "expression", "expression": "array_concat(tags, nums)"}}"""] = "nnnnnn",
        ["""{"type": "expression", "expression": "any((x) -> x == tags, nums)"}"""] = "nnnnnn",
        ["""{"type": "not", "field": {"type": "expression", "expression": "any((x) -> x == tags, nums)"}}"""] = "yyyyyy",
        // Arrays of arrays are not computed here.
        ["""{"type": "expression", "expression": "array_length(string_to_array(tags, ',')) == 1"}"""] = "nnynny",
        ["""{"type": "not", "field": {"type": "expression", "expression": "array_length(string_to_array(tags, ',')) == 1"}}"""] = "nnnnnn",
        ["""{"type": "expression", "expression": "array(tags, 'q')"}"""] = "nnennn",
        ["""{"type": "not", "field": {"type": "expression", "expression": "array(tags, 'q')"}}"""] = "yyeyny",
        ["""{"type": "expression", "expression": "array_contains(array(tags, 'q'), 'q')"}"""] = "nnenyy",
        ["""{"type": "not", "field": {"type": "expression", "expression": "array_contains(array(tags, 'q'), 'q')"}}"""] = "nnennn",
        // It takes an empty list for 'a'.
        ["""{"type": "expression", "expression": "isdistinctfrom(tags, 'a')"}"""] = "ynyyyy",
        ["""{"type": "not", "field": {"type": "expression", "expression": "isdistinctfrom(tags, 'a')"}}"""] = "nynnnn",
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
