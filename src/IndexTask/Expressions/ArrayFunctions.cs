using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions of arrays; a single value counts as an array of one.</summary>
internal static class ArrayFunctions
{
    private const int LongestSlice = 1_000_000;

    private static readonly Comparer<object?> Order = Comparer<object?>.Create(BinaryOperators.CompareElements);

    public static readonly Dictionary<string, Func<Value, Value>> Unary = new(StringComparer.Ordinal)
    {
        ["array_length"] = a => a.AsArray is { } array ? Value.Of((long)array.Length) : Value.NullOf(ExpressionType.Long),
        ["mv_to_array"] = a => a.CastTo(ExpressionType.StringArray),
        ["array_to_mv"] = a => a.CastTo(ExpressionType.StringArray),
        ["mv_harmonize_nulls"] = a => a.AsArray is null or [] ? Value.Of(ExpressionType.StringArray, [null]) : a.CastTo(ExpressionType.StringArray),
    };

    public static readonly Dictionary<string, Func<Value, Value, Value>> Binary = new(StringComparer.Ordinal)
    {
        ["array_append"] = (a, v) => Add(a, v, (array, element) => [.. array, element]),
        ["array_prepend"] = (v, a) => Add(a, v, (array, element) => [element, .. array]),
        ["array_set_add"] = (a, v) => Add(a, v, (array, element) => Set([.. array, element])),
        ["array_concat"] = (a, b) => Merge(a, b, (first, second) => [.. first, .. second]),
        ["array_set_add_all"] = (a, b) => Merge(a, b, (first, second) => Set([.. first, .. second])),
        ["array_offset"] = (a, at) => Element(a, at.AsInt),
        ["array_ordinal"] = (a, at) => Element(a, at.AsInt - 1),
        ["array_offset_of"] = (a, v) => IndexOf(a, v, 0),
        ["array_ordinal_of"] = (a, v) => IndexOf(a, v, 1),
        ["array_contains"] = Contains,
        ["array_overlap"] = Overlap,
        ["scalar_in_array"] = IsIn,
        ["array_to_string"] = Join,
    };

    /// <summary>An array of the arguments' values, of the type that all of these fit into.</summary>
    public static Value Of(Value[] arguments)
    {
        ExpressionType? type = null;
        foreach (var argument in arguments)
        {
            if (argument.IsArray || argument.Type == ExpressionType.Complex)
                throw new ExpressionException("arrays of arrays are not supported");
            if (!argument.IsNull)
                type = Wider(type, argument.Type);
        }

        var elementType = type ?? ExpressionType.String;
        return Value.Of(elementType.ArrayType(), [.. arguments.Select(a => a.CastTo(elementType).Boxed)]);
    }

    /// <summary>An array of what was computed for each element of another, brought to the type that all results fit into, nulls with the others.</summary>
    /// <param name="results">At least one.</param>
    public static Value OfResults(Value[] results)
    {
        ExpressionType? common = null;
        foreach (var result in results)
        {
            if (result.IsArray || result.Type == ExpressionType.Complex)
                throw new ExpressionException("arrays of arrays are not supported");
            common = Wider(common, result.Type);
        }

        return Value.Of(common!.Value.ArrayType(), Array.ConvertAll(results, r => r.CastTo(common.Value).Boxed));
    }

    /// <summary>The narrower of the types that both fit into.</summary>
    public static ExpressionType Wider(ExpressionType? type, ExpressionType next) =>
        type is null || type == next ? next : type == ExpressionType.String || next == ExpressionType.String ? ExpressionType.String : ExpressionType.Double;

    public static Value Slice(Value[] arguments)
    {
        if (arguments[0].AsArray is not { } array)
            return Value.Null;
        var (start, end) = (arguments[1].AsInt, arguments.Length > 2 ? arguments[2].AsInt : array.Length);
        if (start < 0 || start > array.Length || start > end)
            return Value.Null;
        if (end - start > LongestSlice)
            throw new ExpressionException($"array_slice of {end - start} elements");
        var slice = new object?[end - start];
        Array.Copy(array, start, slice, 0, Math.Min(end, array.Length) - start);
        return Value.Of(arguments[0].Type.ArrayType(), slice);
    }

    private static Value Add(in Value array, in Value value, Func<object?[], object?, object?[]> add)
    {
        if (array.AsArray is not { } elements)
            return Value.Null;
        return Value.Of(array.Type.ArrayType(), add(elements, value.CastTo(array.Type.ElementType()).Boxed));
    }

    // The elements of the second stay as they are, as in Druid.
    private static Value Merge(in Value a, in Value b, Func<object?[], object?[], object?[]> merge)
    {
        if (a.AsArray is not { } first || b.AsArray is not { } second)
            return Value.Null;
        return Value.Of(a.Type.ArrayType(), merge(first, second));
    }

    private static object?[] Set(object?[] elements) => [.. new SortedSet<object?>(elements, Order)];

    private static Value Element(in Value array, int at) =>
        array.AsArray is { } elements && at >= 0 && at < elements.Length ? Value.OfElement(elements[at], array.Type.ElementType()) : Value.Null;

    private static Value IndexOf(in Value array, in Value value, int first)
    {
        if (array.AsArray is not { } elements)
            return Value.Null;
        if (value.IsArray || value.Type == ExpressionType.Complex)
            throw new ExpressionException($"second argument must be a a scalar type but got {Value.Name(value.Type)} instead");
        var at = Array.IndexOf(elements, value.Boxed);
        return at < 0 ? Value.NullOf(ExpressionType.Long) : Value.Of((long)at + first);
    }

    private static Value Contains(Value array, Value wanted)
    {
        if (array.AsArray is not { } elements)
            return Value.Null;
        return Value.Of(Comparable(wanted, array) is { } others && others.All(elements.Contains));
    }

    private static Value Overlap(Value array, Value wanted)
    {
        if (array.AsArray is not { } elements)
            return Value.Null;
        return Value.Of(Comparable(wanted, array) is { } others && others.Any(elements.Contains));
    }

    private static Value IsIn(Value value, Value array)
    {
        if (array.AsArray is not { } elements)
            return Value.Null;
        if (value.IsNull)
            return elements.Contains(null) ? Value.Of(true) : Value.Null;
        return Value.Of(Comparable(value, array) is [_, ..] one && one.All(elements.Contains));
    }

    // As elements of the array's type; null when one loses its value on the way.
    private static object?[]? Comparable(in Value value, in Value array)
    {
        if (value.IsNull)
            return [null];
        var (from, to) = (value.Type.ElementType(), array.Type.ElementType());
        var elements = value.AsArray ?? [];
        var converted = new object?[elements.Length];
        for (var i = 0; i < elements.Length; i++)
        {
            var element = Value.OfElement(elements[i], from);
            var cast = element.CastTo(to);
            if (!element.IsNull && (cast.IsNull || (to == ExpressionType.Long && cast.AsDouble != element.AsDouble)))
                return null;
            converted[i] = cast.Boxed;
        }

        return converted;
    }

    private static Value Join(Value array, Value between)
    {
        if (array.AsArray is not { } elements || elements is [null])
            return Value.Null;
        return Value.Of(string.Join(between.AsText ?? "", elements.Select(Parsing.Formats.JavaText.Of)));
    }
}
