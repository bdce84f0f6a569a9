using Ingestion.Contracts.Expressions;
using Ingestion.IndexTask.Expressions;

namespace Ingestion.IndexTask.Tests.Expressions;

/// <summary>What a transformSpec may say, and what it is told where it says something else.</summary>
public sealed class TransformSpecTests
{
    [Theory]
    [InlineData("""{"transforms":[{"type":"expression","name":"x","expression":"1 +"}]}""", "$.transformSpec.transforms[0].expression: [1 +] cannot be run: the end, where an operand is expected, at index 3")]
    [InlineData("""{"transforms":[{"type":"expression","name":"x","expression":"a b"}]}""", "$.transformSpec.transforms[0].expression: [a b] cannot be run: [b], where an operator, or the end is expected, at index 2")]
    [InlineData("""{"transforms":[{"type":"expression","name":"x","expression":"strlen(a, b)"}]}""", "$.transformSpec.transforms[0].expression: [strlen(a, b)] cannot be run: strlen takes 1 argument, not 2, at index 0")]
    [InlineData("""{"transforms":[{"type":"expression","name":"x","expression":"1 + timestamp_floor(a, 'P1X')"}]}""", "$.transformSpec.transforms[0].expression: [1 + timestamp_floor(a, 'P1X')] cannot be run: timestamp_floor: [P1X] is no ISO 8601 period, such as P1D or PT15M, at index 4")]
    [InlineData("""{"transforms":[{"type":"expression","name":"x"}]}""", "$.transformSpec.transforms[0].expression: is missing: a string is expected")]
    [InlineData("""{"transforms":[{"type":"lookup","name":"x"}]}""", "$.transformSpec.transforms[0].type: [lookup] is not supported: use expression")]
    [InlineData("""{"transforms":[{"type":"expression","name":"x","expression":"1"},{"type":"expression","name":"x","expression":"2"}]}""", "$.transformSpec.transforms: name a field more than once: x")]
    [InlineData("""{"filter":{"type":"javascript","dimension":"x"}}""", "$.transformSpec.filter.type: [javascript] is not supported: use one of and, bound, equals, expression, false, in, inType, interval, isfalse, istrue, like, not, null, or, range, regex, selector, true")]
    [InlineData("""{"filter":{"type":"and","fields":[{"type":"true"},{"type":"regex","dimension":"x","pattern":"("}]}}""", "$.transformSpec.filter.fields[1].pattern: [(] is not a regular expression that can be matched: Invalid pattern '(' at offset 1. Not enough )'s.")]
    [InlineData("""{"filter":{"type":"not","field":{"type":"selector","value":"x"}}}""", "$.transformSpec.filter.field.dimension: is missing: a string is expected")]
    [InlineData("""{"filter":{"type":"selector","dimension":"x","value":"y","extractionFn":{"type":"upper"}}}""", "$.transformSpec.filter.extractionFn: is not supported: compute the value by a transform, and filter by its name")]
    [InlineData("""{"filter":{"type":"bound","dimension":"x","lower":"1","ordering":"version"}}""", "$.transformSpec.filter.ordering: [version] is not supported: use one of lexicographic, alphanumeric, numeric, strlen")]
    [InlineData("""{"filter":{"type":"range","column":"x","matchValueType":"LONG","lower":"many"}}""", "$.transformSpec.filter.lower: is \"many\": a value of type LONG is expected")]
    public void What_cannot_be_run_is_refused_with_its_path(string transformSpec, string expected)
    {
        Assert.Null(TransformSpecs.TryRead(transformSpec, out var problems));
        Assert.Equal([expected], problems.Select(p => p.ToString()));
    }

    [Fact]
    public void Unknown_functions_are_told_which_there_are()
    {
        Assert.Null(Expression.TryParse("1 + lookup(x, 'y')", out var problem));
        Assert.Equal($"function [lookup] is not supported: use one of {string.Join(", ", FunctionTable.Names)}, at index 4", problem);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("-", "")]
    [InlineData("1 + ", "")]
    [InlineData("2 ^ ", "")]
    [InlineData("abs(", ")")]
    [InlineData("map((x) -> ", ", a)")]
    public void Deep_nesting_is_refused(string before, string behind)
    {
        var text = string.Concat(Enumerable.Repeat(before, 10_000)) + "1" + string.Concat(Enumerable.Repeat(behind, 10_000));
        Assert.Null(Expression.TryParse(text, out var problem));
        Assert.Contains("levels of nesting", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_text_is_an_expression_or_none_and_never_an_error()
    {
        var random = new Random(20261121);
        string[] parts = ["(", ")", "+", "-", "&&", "x", "nums", "tags", "'a'", "1", "2.5", ",", "map(", "(x) ->", "if(", "concat(", "[1,2]", "strlen(", "!", "==", "null", "^", "timestamp_floor(", "'P1D'", "fold((x, y) ->", "__time", "/", "%", "cast(", "'LONG'", " ", "\"", "\\"];
        var evaluated = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => parts[random.Next(parts.Length)]));
            if (Expression.TryParse(text, out _) is not { } expression)
                continue;
            var compiler = new ExpressionCompiler();
            var node = compiler.Compile(expression);
            try
            {
                node.Eval(new RowScope(compiler.Locals) { Fields = Recorded.Rows[0], Time = 1442018818771 });
            }
            catch (ExpressionException)
            {
                // what a row may come to
            }

            evaluated++;
        }

        Assert.InRange(evaluated, 1_000, 50_000);
    }

    [Fact]
    public void Every_function_that_specs_may_call_can_be_compiled()
    {
        var called = Recorded.Lines("expressions.tsv").Select(l => Expression.TryParse(l.Asked, out _)).OfType<Expression>().SelectMany(Calls).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], FunctionTable.Names.Except(called));
    }

    private static IEnumerable<string> Calls(Expression expression) => expression switch
    {
        Expression.Call call => call.Arguments.SelectMany(Calls).Prepend(call.Function),
        Expression.Apply apply => apply.Arguments.SelectMany(Calls).Prepend(apply.Function),
        Expression.Binary binary => Calls(binary.Left).Concat(Calls(binary.Right)),
        Expression.Unary unary => Calls(unary.Operand),
        _ => [],
    };
}
