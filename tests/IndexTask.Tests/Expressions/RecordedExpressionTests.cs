using Ingestion.Contracts.Expressions;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Expressions;

namespace Ingestion.IndexTask.Tests.Expressions;

/// <summary>Every recorded expression has Druid's value, or Druid's want of one.</summary>
public sealed class RecordedExpressionTests
{
    /// <summary>Where we differ on purpose, by expression: refused here what Druid's lenient parser, or a task of it that goes on, takes in some way.</summary>
    private static readonly Dictionary<string, string> Different = new(StringComparer.Ordinal)
    {
        // Druid's parser drops what it cannot read and goes on.
        ["(1"] = "error", ["1 2"] = "error", ["a b"] = "error", ["+1"] = "error", ["a = b"] = "error", ["a & b"] = "error", ["x -> x"] = "error", ["1.5.2"] = "error", ["a.b"] = "error",
        ["timestamp_format(ts, 'yyyy''MM')"] = "error",
        ["e1"] = "null", // which its lexer takes for an exponent
        ["if(0, 1/0, 2)"] = "Long:2", // it computes constants first
        ["array(tags, tags)"] = "error", // arrays of arrays
        ["regexp_replace(s, '(?<n>h)', '${n}x')"] = "error", // groups have numbers here
        ["timestamp_floor(ts, 'P1D', null, 'nonsense')"] = "error", // it takes UTC
        ["timestamp_format(ts, 'z')"] = "error", // names of zones
        ["ipv4_match(ip, '192.168.1.7')"] = "Long:1",
    };

    [Fact]
    public void Every_expression_has_the_value_that_Druid_gives_it()
    {
        var wrong = new List<string>();
        var count = 0;
        foreach (var (expression, answer) in Recorded.Lines("expressions.tsv"))
        {
            count++;
            var expected = Different.GetValueOrDefault(expression, answer);
            var actual = Evaluate(expression);
            if (!IsSame(expected, actual))
                wrong.Add($"{expression}\n  Druid: {answer}\n  here:  {actual}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} differ:\n{string.Join('\n', wrong)}");
    }

    private static string Evaluate(string text)
    {
        if (Expression.TryParse(text, out _) is not { } expression)
            return "error";
        try
        {
            var time = Recorded.Rows[0].Time;
            return Recorded.Text(new RowTransforms(new TransformSpec([new Transform("v", expression)], null)).Apply(Recorded.Rows[0], ref time)!.Value("v"));
        }
        catch (ExpressionException)
        {
            return "error";
        }
    }

    // The last digit of sines and logarithms is each library's own.
    private static bool IsSame(string expected, string actual)
    {
        if (expected == actual)
            return true;
        return expected.StartsWith("Double:", StringComparison.Ordinal) && actual.StartsWith("Double:", StringComparison.Ordinal)
            && double.TryParse(expected.AsSpan(7), System.Globalization.CultureInfo.InvariantCulture, out var a) && double.TryParse(actual.AsSpan(7), System.Globalization.CultureInfo.InvariantCulture, out var b)
            && Math.Abs(a - b) <= Math.Abs(a) * 1e-14;
    }
}
