using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Computes its body for each value of some fields, which stand in the row's locals from <paramref name="at"/>: an array of the results, for each combination where several fields have several values.
/// Where none has, it is what the body is.</summary>
internal sealed class EachNode(int at, Node body, Node[] fields) : Node
{
    private const int MostCombinations = 1_000_000;
    private readonly Value[] values = new Value[fields.Length];
    private readonly object?[]?[] lists = new object?[]?[fields.Length];

    public override Value Eval(RowScope row)
    {
        var count = 1L;
        var hasSeveral = false;
        for (var i = 0; i < fields.Length; i++)
        {
            row.Locals[at + i] = values[i] = fields[i].Eval(row);
            lists[i] = values[i] is { IsNull: false, IsArray: true, AsArray.Length: > 0 } several ? several.AsArray : null;
            hasSeveral |= lists[i] is not null;
            count *= lists[i]?.Length ?? 1;
            if (count > MostCombinations)
                throw new ExpressionException($"fields with several values have more than {MostCombinations} combinations");
        }

        if (!hasSeveral)
            return body.Eval(row);
        var results = new Value[count];
        for (var i = 0; i < results.Length; i++)
        {
            var rest = i;
            for (var field = fields.Length - 1; field >= 0; field--)
            {
                if (lists[field] is not { } list)
                    continue;
                row.Locals[at + field] = Value.OfElement(list[rest % list.Length], values[field].Type.ElementType());
                rest /= list.Length;
            }

            results[i] = body.Eval(row);
        }

        // Of an array of arrays a filter knows only that it is there, and not true.
        return Array.Exists(results, r => r.IsArray) ? Value.OfField(Array.ConvertAll(results, r => r.Boxed)) : ArrayFunctions.OfResults(results);
    }
}
