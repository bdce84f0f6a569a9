using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions that apply a lambda to the elements of an array, whose parameters stand in the row's locals from <paramref name="at"/>.</summary>
internal sealed class LambdaNode(string function, int at, Node body, Node[] arguments) : Node
{
    public override Value Eval(RowScope row)
    {
        var array = arguments[0].Eval(row);
        if (array.AsArray is not { } elements)
            return function is "any" or "all" ? Value.Of(false) : Value.Null;
        var type = array.Type.ElementType();
        return function switch
        {
            "map" => Map(row, array, elements, type),
            "filter" => Filter(row, array, elements, type),
            "any" => Value.Of(Array.Exists(elements, e => Apply(row, e, type).IsTrue)),
            "all" => Value.Of(Array.TrueForAll(elements, e => Apply(row, e, type).IsTrue)),
            _ => Fold(row, elements, type),
        };
    }

    private Value Apply(RowScope row, object? element, ExpressionType type)
    {
        row.Locals[at] = Value.OfElement(element, type);
        return body.Eval(row);
    }

    private Value Map(RowScope row, in Value array, object?[] elements, ExpressionType type)
    {
        if (elements.Length == 0)
            return array;
        return ArrayFunctions.OfResults(Array.ConvertAll(elements, e => Apply(row, e, type)));
    }

    private Value Filter(RowScope row, in Value array, object?[] elements, ExpressionType type)
    {
        var kept = Array.FindAll(elements, e => Apply(row, e, type).IsTrue);
        return kept.Length == 0 ? Value.Null : Value.Of(array.Type.ArrayType(), kept);
    }

    private Value Fold(RowScope row, object?[] elements, ExpressionType type)
    {
        var accumulator = arguments[1].Eval(row);
        var wanted = accumulator.Type;
        foreach (var element in elements)
        {
            row.Locals[at + 1] = accumulator.CastTo(wanted);
            accumulator = Apply(row, element, type);
        }

        return accumulator.CastTo(wanted);
    }
}
