using System.Globalization;
using Ingestion.Contracts.Expressions;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Expressions;

/// <summary>What a filter asks of one value.</summary>
internal abstract class Condition
{
    public virtual bool TakesNull => false;

    /// <summary>A null that is not taken is neither taken nor refused.</summary>
    public virtual bool IsUnknownForNull => true;

    public abstract bool Takes(string text);

    public virtual bool Takes(long number) => Takes(number.ToString(CultureInfo.InvariantCulture));

    public virtual bool Takes(double number) => Takes(JavaNumber.Text(number));
}

internal sealed class TextCondition(Func<string, bool> takes) : Condition
{
    public override bool Takes(string text) => takes(text);
}

/// <summary>One of some texts, which for numbers are numbers where they can be.</summary>
internal sealed class TextSet : Condition
{
    private readonly HashSet<string> texts;
    private readonly HashSet<long> longs = [];
    private readonly HashSet<double> doubles = [];
    private readonly bool hasNull;

    public TextSet(IReadOnlyCollection<string?> values)
    {
        hasNull = values.Contains(null);
        texts = values.OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (!NumberText.TryRead(text, out var number) || char.IsAsciiLetter(text[0]))
                continue;
            doubles.Add(number.AsDouble);
            if (number.AsDouble % 1 == 0)
                longs.Add(number.AsLong);
        }
    }

    public override bool TakesNull => hasNull;

    public override bool IsUnknownForNull => texts.Count > 0;

    public override bool Takes(string text) => texts.Contains(text);

    public override bool Takes(long number) => longs.Contains(number);

    public override bool Takes(double number) => doubles.Contains(number);
}

/// <summary>One of some values of a type: numbers are compared as numbers, as are texts of numbers where the type is one.</summary>
internal sealed class TypedSet : Condition
{
    private readonly HashSet<string> texts = new(StringComparer.Ordinal);
    private readonly HashSet<long> longs = [];
    private readonly HashSet<double> doubles = [];
    private readonly ExpressionType type;
    private readonly bool isSingle, hasNull;

    public TypedSet(ExpressionType type, IReadOnlyCollection<object?> values)
    {
        (this.type, isSingle, hasNull) = (type, values.Count == 1, values.Contains(null));
        foreach (var literal in values.OfType<object>())
        {
            var value = Value.OfElement(literal, type);
            texts.Add(value.AsText!);
            if (value.IsNumericNull)
                continue;
            doubles.Add(value.AsDouble);
            if (value.AsDouble == value.AsLong)
                longs.Add(value.AsLong);
        }
    }

    public override bool TakesNull => hasNull;

    public override bool IsUnknownForNull => texts.Count > 0;

    // One long is compared with any number, several only with longs.
    public override bool Takes(string text) => type switch
    {
        ExpressionType.Long when !isSingle => NumberText.TryLong(text, out var number) && longs.Contains(number),
        ExpressionType.Long or ExpressionType.Double => TextOrder.TryRead(text, out var number) && doubles.Contains((double)number),
        _ => texts.Contains(text),
    };

    public override bool Takes(long number) => longs.Contains(number);

    public override bool Takes(double number) => doubles.Contains(number);
}

/// <summary>Between numbers, or between texts, by the type of the bounds. A text that is no number is in no range of numbers.</summary>
internal static class RangeCondition
{
    public static Condition Of(RowFilter.Range range) =>
        range.Type == ExpressionType.String
            ? new TextCondition(text => IsWithin(range, range.Lower is string lower ? string.CompareOrdinal(text, lower) : 1, range.Upper is string upper ? string.CompareOrdinal(text, upper) : -1))
            : new Numbers(range);

    private static bool IsWithin(RowFilter.Range range, int toLower, int toUpper) => (toLower > 0 || (toLower == 0 && !range.LowerOpen)) && (toUpper < 0 || (toUpper == 0 && !range.UpperOpen));

    private sealed class Numbers(RowFilter.Range range) : Condition
    {
        public override bool Takes(string text) => TextOrder.TryRead(text, out var number) && Takes((double)number);

        public override bool Takes(long number) => IsWithin(range, Compare(number, range.Lower, 1), Compare(number, range.Upper, -1));

        public override bool Takes(double number) => IsWithin(range, Compare(number, range.Lower, 1), Compare(number, range.Upper, -1));

        private static int Compare(long number, object? bound, int open) => bound switch { null => open, long whole => number.CompareTo(whole), _ => BinaryOperators.CompareDoubles(number, (double)bound) };

        private static int Compare(double number, object? bound, int open) => bound switch { null => open, long whole => BinaryOperators.CompareDoubles(number, whole), _ => BinaryOperators.CompareDoubles(number, (double)bound) };
    }
}

/// <summary>Between two texts in one of several orders, nulls before everything.</summary>
internal sealed class BoundCondition(RowFilter.Bound bound) : Condition
{
    public static BoundCondition Of(Interval interval) => new(new RowFilter.Bound("", interval.StartMillis.ToString(CultureInfo.InvariantCulture), interval.EndMillis.ToString(CultureInfo.InvariantCulture), false, true, BoundOrdering.Numeric));

    public override bool IsUnknownForNull => false;

    public override bool TakesNull => bound.Lower is null && !(bound.Upper is "" && bound.UpperStrict);

    public override bool Takes(string text)
    {
        var toLower = bound.Lower is null ? 1 : TextOrder.Compare(bound.Ordering, text, bound.Lower);
        var toUpper = bound.Upper is null ? -1 : TextOrder.Compare(bound.Ordering, text, bound.Upper);
        return (toLower > 0 || (toLower == 0 && !bound.LowerStrict)) && (toUpper < 0 || (toUpper == 0 && !bound.UpperStrict));
    }
}
