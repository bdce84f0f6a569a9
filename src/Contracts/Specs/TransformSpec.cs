using System.Collections.Immutable;
using Ingestion.Contracts.Expressions;

namespace Ingestion.Contracts.Specs;

/// <summary>What is computed of a row, and which rows are kept: Druid's <c>transformSpec</c>.</summary>
/// <param name="Transforms">Each reads the row as it came, none another's result.</param>
/// <param name="Filter">Sees the results of the transforms; null keeps every row.</param>
public sealed record TransformSpec(ImmutableArray<Transform> Transforms, RowFilter? Filter)
{
    public static readonly TransformSpec None = new([], null);

    public bool IsNone => Transforms.IsEmpty && Filter is null;
}

/// <param name="Name">The field that it adds, or puts in the place of the row's own; <c>__time</c> is the row's time.</param>
public sealed record Transform(string Name, Expression Expression);
