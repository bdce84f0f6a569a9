using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>
/// What Druid makes of an expression in a filter: where one value is expected and a field of the row has several, it is computed for each of them, or for each combination of several such fields.
/// So <c>tags == 'a'</c> becomes <c>each((tags) -> tags == 'a', tags)</c>. Where an array is expected a field is taken as it is, and what is computed there is computed for each value first:
/// <c>array_contains(each((tags) -> upper(tags), tags), 'A')</c>.
/// </summary>
internal static class EachValue
{
    /// <summary>Not a name that an expression as it is written can call.</summary>
    public const string Function = "each";

    private const string Time = "__time";

    private static readonly Dictionary<string, Func<int, bool>> TakesArray = new(StringComparer.Ordinal)
    {
        ["array_length"] = First, ["array_slice"] = First, ["array_append"] = First, ["array_set_add"] = First, ["array_offset"] = First, ["array_offset_of"] = First, ["array_ordinal"] = First,
        ["array_ordinal_of"] = First, ["array_to_string"] = First, ["mv_to_array"] = First, ["array_to_mv"] = First, ["mv_harmonize_nulls"] = First, ["array_prepend"] = Second, ["scalar_in_array"] = Second,
        ["array_contains"] = Both, ["array_overlap"] = Both, ["array_concat"] = Both, ["array_set_add_all"] = Both,
    };

    public static Expression Over(Expression expression) => Over(expression, []);

    /// <param name="bound">Parameters of the lambdas around.</param>
    private static Expression Over(Expression expression, string[] bound)
    {
        var inner = WithArrays(expression, bound);
        string[] fields = [.. Fields(inner, bound).Distinct(StringComparer.Ordinal)];
        return fields.Length == 0 ? inner : new Expression.Apply(Function, [.. fields], inner, [.. fields.Select(f => new Expression.Name(f))]);
    }

    // The same with what is computed as an array computed for each value.
    private static Expression WithArrays(Expression expression, string[] bound) => expression switch
    {
        Expression.Unary unary => unary with { Operand = WithArrays(unary.Operand, bound) },
        Expression.Binary binary => binary with { Left = WithArrays(binary.Left, bound), Right = WithArrays(binary.Right, bound) },
        Expression.Call call => call with { Arguments = [.. call.Arguments.Select((a, at) => IsArray(call, at) && a is not Expression.Name ? Over(a, bound) : WithArrays(a, bound))] },
        Expression.Apply apply => apply with
        {
            Body = WithArrays(apply.Body, [.. bound, .. apply.Parameters]),
            Arguments = [.. apply.Arguments.Select((a, at) => at == 0 && a is not Expression.Name ? Over(a, bound) : WithArrays(a, bound))],
        },
        _ => expression,
    };

    // Those that stand for one value.
    private static IEnumerable<string> Fields(Expression expression, string[] bound) => expression switch
    {
        Expression.Name name => name.Text == Time || bound.Contains(name.Text) ? [] : [name.Text],
        Expression.Unary unary => Fields(unary.Operand, bound),
        Expression.Binary binary => Fields(binary.Left, bound).Concat(Fields(binary.Right, bound)),
        Expression.Call call => call.Arguments.Where((_, at) => !IsArray(call, at)).SelectMany(a => Fields(a, bound)),
        Expression.Apply { Function: Function } => [],
        Expression.Apply apply => Fields(apply.Body, [.. bound, .. apply.Parameters]).Concat(apply.Arguments.Skip(1).SelectMany(a => Fields(a, bound))),
        _ => [],
    };

    private static bool IsArray(Expression.Call call, int argument) =>
        call.Function == "cast"
            ? argument == 0 && call.Arguments is [_, Expression.Literal { Value: string type }] && ExpressionTypes.TryRead(type, out var read) && read.IsArray()
            : TakesArray.TryGetValue(call.Function, out var takes) && takes(argument);

    private static bool First(int argument) => argument == 0;

    private static bool Second(int argument) => argument == 1;

    private static bool Both(int argument) => true;
}
