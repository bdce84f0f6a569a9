using System.Runtime.InteropServices;
using Ingestion.Contracts.Expressions;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Expressions;

/// <summary>A value with its type, as Druid's ExprEval: numbers without an object. Null has a type too, which is mostly string.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Value
{
    private readonly long bits;
    private readonly object? content; // the text, the array's elements, or what is handed on

    private Value(ExpressionType type, bool isNull, long bits, object? content) => (Type, IsNull, this.bits, this.content) = (type, isNull, bits, content);

    public ExpressionType Type { get; }

    public bool IsNull { get; }

    public static Value Null { get; } = NullOf(ExpressionType.String);

    public static Value NullOf(ExpressionType type) => new(type, true, 0, null);

    public static Value Of(long number) => new(ExpressionType.Long, false, number, null);

    public static Value Of(double number) => new(ExpressionType.Double, false, BitConverter.DoubleToInt64Bits(number), null);

    public static Value Of(bool flag) => Of(flag ? 1L : 0L);

    public static Value Of(string? text) => new(ExpressionType.String, text is null, 0, text);

    /// <param name="elements">Null, or of the array's type: <see cref="string"/>, <see cref="long"/>, <see cref="double"/>.</param>
    public static Value Of(ExpressionType arrayType, object?[]? elements) => new(arrayType, elements is null, 0, elements);

    /// <summary>A value as formats give them; a flag is 1 or 0, a list an array of the type that all its elements fit into.</summary>
    public static Value OfField(object? value) => value switch
    {
        null => Null,
        string text => Of(text),
        long number => Of(number),
        double number => Of(number),
        bool flag => Of(flag),
        IReadOnlyList<object?> list => OfList(list),
        _ => new Value(ExpressionType.Complex, false, 0, value),
    };

    private static Value OfList(IReadOnlyList<object?> list)
    {
        ExpressionType? type = null;
        foreach (var element in list)
        {
            if (element is JsonMap or IReadOnlyList<object?>)
                return new Value(ExpressionType.Complex, false, 0, list);
            if (element is not null)
                type = Wider(type, element is string ? ExpressionType.String : element is double ? ExpressionType.Double : ExpressionType.Long);
        }

        var elementType = type ?? ExpressionType.String;
        return Of(elementType.ArrayType(), [.. list.Select(e => OfField(e).CastTo(elementType).Boxed)]);
    }

    private static ExpressionType Wider(ExpressionType? type, ExpressionType next) =>
        type is null || type == next ? next : type == ExpressionType.String || next == ExpressionType.String ? ExpressionType.String : ExpressionType.Double;

    public bool IsArray => Type.IsArray();

    /// <summary>Nothing that a number could be made of; when false, <see cref="AsLong"/> and <see cref="AsDouble"/> mean something.</summary>
    public bool IsNumericNull => IsNull || Type switch
    {
        ExpressionType.Long or ExpressionType.Double => false,
        ExpressionType.String => !NumberText.TryRead((string)content!, out _),
        ExpressionType.Complex => true,
        _ => Elements.Length != 1 || Only.IsNumericNull,
    };

    public long AsLong => IsNull ? 0 : Type switch
    {
        ExpressionType.Long => bits,
        ExpressionType.Double => (long)BitConverter.Int64BitsToDouble(bits),
        ExpressionType.String => NumberText.TryRead((string)content!, out var number) ? number.AsLong : 0,
        ExpressionType.Complex => 0,
        _ => Elements.Length == 1 ? Only.AsLong : 0,
    };

    /// <summary>As Java narrows: a long to its low 32 bits, a double to the nearest.</summary>
    public int AsInt => IsNull ? 0 : Type switch
    {
        ExpressionType.Long => (int)bits,
        ExpressionType.Double => (int)BitConverter.Int64BitsToDouble(bits),
        ExpressionType.String => NumberText.TryRead((string)content!, out var number) ? number.AsInt : 0,
        ExpressionType.Complex => 0,
        _ => Elements.Length == 1 ? Only.AsInt : 0,
    };

    public double AsDouble => IsNull ? 0 : Type switch
    {
        ExpressionType.Long => bits,
        ExpressionType.Double => BitConverter.Int64BitsToDouble(bits),
        ExpressionType.String => NumberText.TryRead((string)content!, out var number) ? number.AsDouble : 0,
        ExpressionType.Complex => 0,
        _ => Elements.Length == 1 ? Only.AsDouble : 0,
    };

    public bool IsTrue => !IsNull && Type switch
    {
        ExpressionType.Long => bits > 0,
        ExpressionType.Double => BitConverter.Int64BitsToDouble(bits) > 0,
        ExpressionType.String => ((string)content!).Equals("true", StringComparison.OrdinalIgnoreCase),
        ExpressionType.Complex => false,
        ExpressionType.DoubleArray => Elements.Length == 1 && Only.AsLong > 0,
        _ => Elements.Length == 1 && Only.IsTrue,
    };

    public string? AsText => IsNull ? null : Type switch
    {
        ExpressionType.String => (string)content!,
        ExpressionType.Long or ExpressionType.Double or ExpressionType.Complex => JavaText.Of(Boxed),
        _ => Elements.Length == 1 ? Only.AsText : JavaText.Of(Elements),
    };

    /// <summary>The elements of an array, or the value as one; null for null.</summary>
    public object?[]? AsArray => IsNull || Type == ExpressionType.Complex ? null : IsArray ? Elements : [Boxed];

    /// <summary>A value as formats give them.</summary>
    public object? Boxed => IsNull ? null : Type switch { ExpressionType.Long => bits, ExpressionType.Double => BitConverter.Int64BitsToDouble(bits), _ => content };

    private object?[] Elements => (object?[])content!;

    private Value Only => OfElement(Elements[0], Type.ElementType());

    public static Value OfElement(object? element, ExpressionType type) => element switch { null => NullOf(type), long number => Of(number), double number => Of(number), _ => Of((string)element) };

    public Value CastTo(ExpressionType type)
    {
        if (Type == type)
            return this;
        if (IsNull)
            return NullOf(type);
        if (Type == ExpressionType.Complex || type == ExpressionType.Complex)
            throw Invalid(type);
        if (type.IsArray())
        {
            var (from, to) = (Type.ElementType(), type.ElementType());
            return Of(type, [.. AsArray!.Select(e => OfElement(e, from).CastTo(to).Boxed)]);
        }

        if (IsArray && Elements.Length != 1)
            throw Invalid(type);
        return type switch
        {
            ExpressionType.String => Of(AsText),
            ExpressionType.Long => IsNumericNull ? NullOf(type) : Of(AsLong),
            _ => IsNumericNull ? NullOf(type) : Of(AsDouble),
        };
    }

    private ExpressionException Invalid(ExpressionType type) => new($"Invalid type, cannot cast [{Name(Type)}] to [{Name(type)}]");

    /// <summary>A type's name in Druid's messages.</summary>
    public static string Name(ExpressionType type) => type.IsArray() ? $"ARRAY<{Name(type.ElementType())}>" : type == ExpressionType.Complex ? "COMPLEX<json>" : type.ToString().ToUpperInvariant();
}
