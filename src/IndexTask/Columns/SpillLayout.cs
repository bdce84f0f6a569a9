using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>Where an array lies, in bytes.</summary>
internal readonly record struct SpillSection(long Offset, long Length);

/// <summary>What lies where in a spill.</summary>
internal sealed record SpillLayout(int RowCount, SpillSection Times, IReadOnlyDictionary<string, SpilledColumn> Dimensions, IReadOnlyDictionary<string, SpilledColumn> Metrics);

/// <summary>A column of a spill.</summary>
internal abstract record SpilledColumn
{
    /// <param name="Codes">Of each row: an id, or the complement of a list's index; in <c>CodeBytes</c> bytes, 4 where there are lists.</param>
    /// <param name="ListEnds">Where each list ends in <c>ListIds</c>.</param>
    public sealed record Strings(bool HasNull, int ValueCount, SpillSection Bytes, SpillSection Ends, SpillSection Codes, int CodeBytes, SpillSection ListEnds, SpillSection ListIds, ScalarKinds Seen) : SpilledColumn;

    /// <summary>Of a first or last aggregator.</summary>
    public sealed record Pairs(SpillSection Times, SpilledColumn Values) : SpilledColumn;

    /// <param name="Nulls">Bit words; empty when no row is null.</param>
    public sealed record Numbers(ValueKind Kind, SpillSection Bits, SpillSection Nulls) : SpilledColumn;
}
