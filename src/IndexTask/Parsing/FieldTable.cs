using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>All field names met so far, and the cells of a row that they feed.</summary>
internal sealed class FieldTable
{
    private const uint NullKind = 1u << (int)CellKind.Null;
    private const uint StringKinds = 1u << (int)CellKind.Null | 1u << (int)CellKind.Text | 1u << (int)CellKind.True | 1u << (int)CellKind.False;
    private const uint LongKinds = 1u << (int)CellKind.Null | 1u << (int)CellKind.Number;
    private const uint FloatingKinds = 1u << (int)CellKind.Null;

    // Events with ever new names (ids as keys, say) must not fill the memory.
    private const int MostUnusedFields = 4096;
    private readonly DataSchema schema;
    private readonly HashSet<string> neverDiscovered;
    private readonly List<string> discovered = [];
    private readonly List<Target> targets = [];
    private FieldKey?[] slots = new FieldKey?[64];
    private int count, unused;

    public FieldTable(DataSchema schema)
    {
        this.schema = schema;
        Discovers = schema.DiscoversDimensions;
        neverDiscovered = new(schema.DimensionExclusions, StringComparer.Ordinal) { "__time", schema.Timestamp.Column };
        AddTarget(schema.Timestamp.Column, new Target(0, ValueKind.String, schema.Timestamp.Column, IsMetric: false), uint.MaxValue);
        CellCount = ParsedRow.FirstMetric;
        foreach (var metric in schema.Metrics)
        {
            neverDiscovered.Add(metric.Name);
            if (metric.FieldName is { } field)
            {
                neverDiscovered.Add(field);
                if (!metric.ReadsRowTime)
                    AddTarget(field, new Target(CellCount, metric.ValueKind, field, IsMetric: true, metric.IsTimed), PlainKinds(metric.ValueKind));
            }

            CellCount++;
        }

        foreach (var time in schema.Metrics.Select(m => m.TimeColumn).OfType<string>())
        {
            neverDiscovered.Add(time);
            AddTarget(time, new Target(CellCount++, ValueKind.Long, time, IsMetric: true), PlainKinds(ValueKind.Long));
        }

        foreach (var dimension in schema.Dimensions)
            AddTarget(dimension.Name, new Target(CellCount++, dimension.Kind, dimension.Name, IsMetric: false, Typing: dimension.Typing), PlainKinds(dimension));
    }

    /// <summary>Stands before the first field of every event.</summary>
    public FieldKey Start { get; } = new([]);

    public bool Discovers { get; }

    /// <summary>Also fields that are null, or objects, or lists that hold any.</summary>
    public bool DiscoversAll => schema.UsesSchemaDiscovery;

    public IReadOnlyList<string> Discovered => discovered;

    /// <summary>What conversion has to look at: every cell but the time's.</summary>
    public IReadOnlyList<Target> Targets => targets;

    public int CellCount { get; private set; }

    /// <summary>The field of this name, known or new.</summary>
    /// <param name="name">Decoded UTF-8.</param>
    public FieldKey Find(ReadOnlySpan<byte> name)
    {
        var at = SlotOf(name);
        if (slots[at] is { } known)
            return known;
        if (unused >= MostUnusedFields)
            return new FieldKey(name.ToArray()) { IsDiscoverable = IsDiscoverable(name) };
        unused++;
        return Add(new FieldKey(name.ToArray()) { IsDiscoverable = IsDiscoverable(name) }, at);
    }

    /// <summary>Makes an unknown field a dimension.</summary>
    public void Discover(FieldKey key)
    {
        var name = Encoding.UTF8.GetString(key.Name);
        key.IsDiscoverable = false;
        key.Cell = CellCount++;
        var dimension = schema.Discovered(name);
        key.KeepsNull = DiscoversAll;
        key.PlainKinds = DiscoversAll ? 0 : PlainKinds(dimension);
        discovered.Add(name);
        targets.Add(new Target(key.Cell, dimension.Kind, name, IsMetric: false, Typing: dimension.Typing));
        var at = SlotOf(key.Name);
        if (slots[at] is null)
            Add(key, at);
        else
            unused--;
    }

    private static uint PlainKinds(DimensionSchema dimension) => dimension.Typing == DimensionTyping.Declared ? PlainKinds(dimension.Kind) : NullKind;

    private static uint PlainKinds(ValueKind kind) => kind switch
    {
        ValueKind.String => StringKinds,
        ValueKind.Long => LongKinds,
        _ => FloatingKinds,
    };

    // A name that cannot be a column's is passed over, as is one of bytes that are not UTF-8.
    private bool IsDiscoverable(ReadOnlySpan<byte> name) =>
        Discovers && name.Length > 0 && name.IndexOfAny((byte)',', (byte)'\n', (byte)'\r') < 0 && System.Text.Unicode.Utf8.IsValid(name)
        && !neverDiscovered.Contains(Encoding.UTF8.GetString(name));

    private void AddTarget(string field, Target target, uint plainKinds)
    {
        var name = Encoding.UTF8.GetBytes(field);
        var at = SlotOf(name);
        var key = slots[at] ?? Add(new FieldKey(name), at);
        if (key.Cell < 0)
        {
            key.Cell = target.Cell;
            key.PlainKinds = plainKinds;
        }
        else
        {
            key.FurtherCells = [.. key.FurtherCells, target.Cell];
            key.PlainKinds = 0;
        }

        if (target.Cell > 0)
            targets.Add(target);
    }

    private FieldKey Add(FieldKey key, int at)
    {
        slots[at] = key;
        if (++count * 2 > slots.Length)
        {
            var old = slots;
            slots = new FieldKey?[old.Length * 2];
            foreach (var moved in old)
            {
                if (moved is not null)
                    slots[SlotOf(moved.Name)] = moved;
            }
        }

        return key;
    }

    private int SlotOf(ReadOnlySpan<byte> name)
    {
        var mask = slots.Length - 1;
        var at = (int)ByteHash.Of(name) & mask;
        while (slots[at] is { } key && !name.SequenceEqual(key.Name))
            at = (at + 1) & mask;
        return at;
    }

    /// <summary>A cell that a field feeds.</summary>
    /// <param name="Field">The input field, for messages.</param>
    /// <param name="IsTimed">A first or last aggregator's value, for which a value of no use is not the same as null.</param>
    internal readonly record struct Target(int Cell, ValueKind Kind, string Field, bool IsMetric, bool IsTimed = false, DimensionTyping Typing = DimensionTyping.Declared);
}
