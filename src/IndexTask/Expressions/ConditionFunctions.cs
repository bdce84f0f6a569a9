using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions that choose among their arguments, and evaluate only those that they come to; and functions of null and truth.</summary>
internal static class ConditionFunctions
{
    public static readonly Dictionary<string, Func<Node[], RowScope, Value>> Lazy = new(StringComparer.Ordinal)
    {
        ["if"] = (nodes, row) => nodes[nodes[0].Eval(row).IsTrue ? 1 : 2].Eval(row),
        ["case_searched"] = CaseSearched,
        ["case_simple"] = CaseSimple,
        ["nvl"] = Coalesce,
        ["coalesce"] = Coalesce,
    };

    public static readonly Dictionary<string, Func<Value, Value>> Unary = new(StringComparer.Ordinal)
    {
        ["isnull"] = v => Value.Of(v.IsNull),
        ["notnull"] = v => Value.Of(!v.IsNull),
        ["istrue"] = v => Value.Of(v.IsTrue),
        ["nottrue"] = v => Value.Of(!v.IsTrue),
        ["isfalse"] = v => Value.Of(!v.IsNull && !v.IsTrue),
        ["notfalse"] = v => Value.Of(v.IsNull || v.IsTrue),
    };

    public static readonly Dictionary<string, Func<Value, Value, Value>> Binary = new(StringComparer.Ordinal)
    {
        ["isdistinctfrom"] = (a, b) => Value.Of(!IsSame(a, b)),
        ["notdistinctfrom"] = (a, b) => Value.Of(IsSame(a, b)),
    };

    public static Value Greatest(Value[] arguments) => Reduce(arguments, 1, Math.Max);

    public static Value Least(Value[] arguments) => Reduce(arguments, -1, Math.Min);

    private static Value CaseSearched(Node[] nodes, RowScope row)
    {
        for (var i = 0; i < nodes.Length; i += 2)
        {
            if (i == nodes.Length - 1)
                return nodes[i].Eval(row);
            if (nodes[i].Eval(row).IsTrue)
                return nodes[i + 1].Eval(row);
        }

        return Value.Null;
    }

    private static Value CaseSimple(Node[] nodes, RowScope row)
    {
        var value = nodes[0].Eval(row);
        for (var i = 1; i < nodes.Length; i += 2)
        {
            if (i == nodes.Length - 1)
                return nodes[i].Eval(row);
            if (BinaryOperators.Compare(ComparisonKind.Equal, value, nodes[i].Eval(row)).IsTrue)
                return nodes[i + 1].Eval(row);
        }

        return Value.Null;
    }

    private static Value Coalesce(Node[] nodes, RowScope row)
    {
        var value = Value.Null;
        foreach (var node in nodes)
        {
            value = node.Eval(row);
            if (!value.IsNull)
                break;
        }

        return value;
    }

    private static bool IsSame(in Value a, in Value b)
    {
        if (a.IsNull || b.IsNull)
            return a.IsNull && b.IsNull;
        return BinaryOperators.Compare(ComparisonKind.Equal, a, b).IsTrue;
    }

    private static Value Reduce(Value[] arguments, int sign, Func<double, double, double> real)
    {
        var type = ExpressionType.Long;
        var (isAny, result) = (false, Value.Null);
        foreach (var value in arguments)
        {
            if (value.IsArray || value.Type == ExpressionType.Complex)
                throw new ExpressionException($"does not accept {Value.Name(value.Type)} types");
            if (!value.IsNull)
                type = type == ExpressionType.String || value.Type == ExpressionType.String ? ExpressionType.String : type == ExpressionType.Long ? value.Type : type;
        }

        foreach (var value in arguments)
        {
            if (value.IsNull)
                continue;
            var next = type switch { ExpressionType.Long => Value.Of(value.AsLong), ExpressionType.Double => Value.Of(value.AsDouble), _ => Value.Of(value.AsText) };
            if (!isAny)
                (isAny, result) = (true, next);
            else if (type == ExpressionType.Double)
                result = Value.Of(real(result.AsDouble, next.AsDouble));
            else if (sign * (type == ExpressionType.Long ? next.AsLong.CompareTo(result.AsLong) : string.CompareOrdinal(next.AsText, result.AsText)) > 0)
                result = next;
        }

        return result;
    }
}
