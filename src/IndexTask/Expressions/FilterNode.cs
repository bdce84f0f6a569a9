using Ingestion.Contracts.Expressions;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Expressions;

/// <summary>
/// A filter made ready for many rows. Its truth has three values: what is asked is either whether it is true, or, below a <c>not</c>, whether it is true or unknown, which is how Druid
/// does it.
/// </summary>
internal abstract class FilterNode
{
    /// <param name="orUnknown">Unknown counts as true.</param>
    public abstract bool Matches(RowScope row, bool orUnknown);

    /// <param name="compiler">Of the expressions, which share their scope.</param>
    public static FilterNode Of(RowFilter filter, ExpressionCompiler compiler) => filter switch
    {
        RowFilter.Constant constant => new Constant(constant.Value),
        RowFilter.And and => new And([.. and.Fields.Select(f => Of(f, compiler))]),
        RowFilter.Or or => new Or([.. or.Fields.Select(f => Of(f, compiler))]),
        RowFilter.Not not => new Not(Of(not.Field, compiler)),
        RowFilter.Is @is => new Is(@is.Value, Of(@is.Field, compiler)),
        RowFilter.OneOf oneOf => new Column(oneOf.Dimension, new TextSet(oneOf.Values)),
        RowFilter.Equal equal => new Column(equal.Column, new TypedSet(equal.Type, equal.Values)),
        RowFilter.Range range => new Column(range.Column, RangeCondition.Of(range)),
        RowFilter.Bound bound => new Column(bound.Dimension, new BoundCondition(bound)),
        RowFilter.Like like => new Column(like.Dimension, new TextCondition(new LikePattern(like.Pattern, like.Escape).Matches)),
        RowFilter.Match match => new Column(match.Dimension, new TextCondition(match.Regex.IsMatch)),
        RowFilter.IsNull isNull => new IsNull(isNull.Column),
        RowFilter.Within within => new Or([.. within.Intervals.Select(i => new Column(within.Dimension, BoundCondition.Of(i)))]),
        RowFilter.Holds holds => new Holds(compiler.Compile(EachValue.Over(holds.Expression))),
        _ => throw new ArgumentException($"{filter} is unknown", nameof(filter)),
    };

    private static object? Value(RowScope row, string column) => column == "__time" ? row.Time : row.Fields.Value(column);

    private sealed class Constant(bool value) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown) => value;
    }

    private sealed class And(FilterNode[] fields) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown)
        {
            foreach (var field in fields)
            {
                if (!field.Matches(row, orUnknown))
                    return false;
            }

            return true;
        }
    }

    private sealed class Or(FilterNode[] fields) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown)
        {
            foreach (var field in fields)
            {
                if (field.Matches(row, orUnknown))
                    return true;
            }

            return false;
        }
    }

    private sealed class Not(FilterNode field) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown) => !field.Matches(row, !orUnknown);
    }

    private sealed class Is(bool value, FilterNode field) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown) => value ? field.Matches(row, orUnknown: false) : !field.Matches(row, orUnknown: true);
    }

    private sealed class IsNull(string column) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown) => Value(row, column) is null or IReadOnlyList<object?> { Count: 0 };
    }

    /// <summary>A condition on a field: on one of its values where it has several, which then are texts.</summary>
    private sealed class Column(string name, Condition condition) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown)
        {
            switch (Value(row, name))
            {
                case null:
                case IReadOnlyList<object?> { Count: 0 }:
                    return condition.TakesNull || (orUnknown && condition.IsUnknownForNull);
                case long number:
                    return condition.Takes(number);
                case double number:
                    return condition.Takes(number);
                case IReadOnlyList<object?> list:
                    foreach (var element in list)
                    {
                        if (condition.Takes(JavaText.Of(element)))
                            return true;
                    }

                    return false;
                case var value:
                    return condition.Takes(JavaText.Of(value));
            }
        }
    }

    private sealed class Holds(Node expression) : FilterNode
    {
        public override bool Matches(RowScope row, bool orUnknown)
        {
            var value = expression.Eval(row);
            if (value.IsNull)
                return orUnknown;
            return value.IsArray ? Array.Exists(value.AsArray!, e => e is null ? orUnknown : Expressions.Value.OfElement(e, value.Type.ElementType()).IsTrue) : value.IsTrue;
        }
    }
}
