using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>An expression made ready to be evaluated for many rows. Evaluating makes no object for numbers.</summary>
internal abstract class Node
{
    public abstract Value Eval(RowScope row);

    public sealed class Constant(Value value) : Node
    {
        public Value Value => value;

        public override Value Eval(RowScope row) => value;
    }

    public sealed class Field(string name) : Node
    {
        public override Value Eval(RowScope row) => Value.OfField(row.Fields.Value(name));
    }

    public sealed class Time : Node
    {
        public override Value Eval(RowScope row) => Value.Of(row.Time);
    }

    /// <summary>A parameter of a lambda.</summary>
    public sealed class Local(int at) : Node
    {
        public override Value Eval(RowScope row) => row.Locals[at];
    }

    public sealed class Negative(Node operand) : Node
    {
        public override Value Eval(RowScope row)
        {
            var value = operand.Eval(row);
            return value.IsNull ? Value.Null : value.Type switch
            {
                ExpressionType.Long => Value.Of(-value.AsLong),
                ExpressionType.Double => Value.Of(-value.AsDouble),
                _ => throw new ExpressionException($"unsupported type {Value.Name(value.Type)}"),
            };
        }
    }

    public sealed class Not(Node operand) : Node
    {
        public override Value Eval(RowScope row) => operand.Eval(row) is { IsNull: false } value ? Value.Of(!value.IsTrue) : Value.NullOf(ExpressionType.Long);
    }

    /// <summary>Three-valued: null beside false is false, beside true null.</summary>
    public sealed class And(Node left, Node right) : Node
    {
        public override Value Eval(RowScope row)
        {
            var first = left.Eval(row);
            if (!first.IsNull && !first.IsTrue)
                return Value.Of(false);
            var second = right.Eval(row);
            if (first.IsNull)
                return second.IsNull || second.IsTrue ? Value.NullOf(ExpressionType.Long) : Value.Of(false);
            return second.IsNull ? Value.NullOf(ExpressionType.Long) : Value.Of(second.IsTrue);
        }
    }

    public sealed class Or(Node left, Node right) : Node
    {
        public override Value Eval(RowScope row)
        {
            var first = left.Eval(row);
            if (first.IsTrue)
                return Value.Of(true);
            var second = right.Eval(row);
            if (first.IsNull)
                return second.IsTrue ? Value.Of(true) : Value.NullOf(ExpressionType.Long);
            return second.IsNull ? Value.NullOf(ExpressionType.Long) : Value.Of(second.IsTrue);
        }
    }

    public sealed class Arithmetic(char symbol, Node left, Node right) : Node
    {
        public override Value Eval(RowScope row) => BinaryOperators.Compute(symbol, left.Eval(row), right.Eval(row));
    }

    public sealed class Comparison(ComparisonKind kind, Node left, Node right) : Node
    {
        public override Value Eval(RowScope row) => BinaryOperators.Compare(kind, left.Eval(row), right.Eval(row));
    }

    public sealed class Function1(Func<Value, Value> function, Node a) : Node
    {
        public override Value Eval(RowScope row) => function(a.Eval(row));
    }

    public sealed class Function2(Func<Value, Value, Value> function, Node a, Node b) : Node
    {
        public override Value Eval(RowScope row) => function(a.Eval(row), b.Eval(row));
    }

    public sealed class Function3(Func<Value, Value, Value, Value> function, Node a, Node b, Node c) : Node
    {
        public override Value Eval(RowScope row) => function(a.Eval(row), b.Eval(row), c.Eval(row));
    }

    /// <summary>Of any number of arguments, which are evaluated before.</summary>
    public sealed class FunctionN(Func<Value[], Value> function, Node[] arguments) : Node
    {
        private readonly Value[] values = new Value[arguments.Length];

        public override Value Eval(RowScope row)
        {
            for (var i = 0; i < values.Length; i++)
                values[i] = arguments[i].Eval(row);
            return function(values);
        }
    }

    /// <summary>Evaluates its arguments as it needs them: the conditions.</summary>
    public sealed class Lazy(Func<Node[], RowScope, Value> function, Node[] arguments) : Node
    {
        public override Value Eval(RowScope row) => function(arguments, row);
    }
}
