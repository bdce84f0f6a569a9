using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Ingestion.Contracts.Expressions;
using Ingestion.Contracts.Segments;

namespace Ingestion.Contracts.Specs;

/// <summary>How the bounds of <see cref="RowFilter.Bound"/> are compared with values.</summary>
public enum BoundOrdering { Lexicographic, Alphanumeric, Numeric, Strlen }

/// <summary>A filter of <c>transformSpec</c>: a condition that is true of a row, false, or, where a value is missing, neither. Rows of which it is true are kept.</summary>
public abstract record RowFilter
{
    public sealed record Constant(bool Value) : RowFilter;

    public sealed record And(ImmutableArray<RowFilter> Fields) : RowFilter;

    public sealed record Or(ImmutableArray<RowFilter> Fields) : RowFilter;

    public sealed record Not(RowFilter Field) : RowFilter;

    /// <summary>True or false, never neither: of a field that is just this.</summary>
    public sealed record Is(bool Value, RowFilter Field) : RowFilter;

    /// <summary>Compares with texts: <c>selector</c> and <c>in</c>. A null among them is a missing value.</summary>
    public sealed record OneOf(string Dimension, ImmutableArray<string?> Values) : RowFilter;

    /// <summary>Compares with values of a type: <c>equals</c> and <c>inType</c>.</summary>
    /// <param name="Values">As literals: null, <see cref="string"/>, <see cref="long"/>, <see cref="double"/>.</param>
    public sealed record Equal(string Column, ExpressionType Type, ImmutableArray<object?> Values) : RowFilter;

    /// <param name="Lower">A literal, or null for no bound.</param>
    public sealed record Range(string Column, ExpressionType Type, object? Lower, object? Upper, bool LowerOpen, bool UpperOpen) : RowFilter;

    public sealed record Bound(string Dimension, string? Lower, string? Upper, bool LowerStrict, bool UpperStrict, BoundOrdering Ordering) : RowFilter;

    /// <summary>SQL's LIKE: % for any characters, _ for one.</summary>
    public sealed record Like(string Dimension, string Pattern, char? Escape) : RowFilter;

    public sealed record Match(string Dimension, Regex Regex) : RowFilter;

    public sealed record IsNull(string Column) : RowFilter;

    /// <summary>Of a time in epoch milliseconds.</summary>
    public sealed record Within(string Dimension, ImmutableArray<Interval> Intervals) : RowFilter;

    public sealed record Holds(Expression Expression) : RowFilter;
}
