using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// One pass over an event, from JSON to cells as scanned. Events of a stream mostly have the same fields in the same order, so each field
/// guesses the one that follows it; a right guess costs one vector comparison.
/// </summary>
internal sealed unsafe class EventScanner(FieldTable fields)
{
    private readonly byte[] open = new byte[JsonText.MaxDepth];

    /// <summary>Whether some cell is not yet of a kind that its column takes.</summary>
    public bool NeedsConversion { get; private set; }

    /// <summary>Fills the row's cells from its buffer.</summary>
    /// <returns>False: the text is not one JSON value.</returns>
    public bool TryScan(ParsedRow row, int length)
    {
        NeedsConversion = false;
        fixed (byte* start = row.Buffer)
        {
            var at = JsonText.SkipSpace(start);
            at = *at == '{' ? Members(at + 1, start, row) : JsonText.ValueEnd(at, open, 0);
            return at != null && JsonText.SkipSpace(at) == start + length;
        }
    }

    /// <summary>The end of an object whose first byte this is, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private byte* Members(byte* at, byte* start, ParsedRow row)
    {
        at = JsonText.SkipSpace(at);
        if (*at == '}')
            return at + 1;
        var key = fields.Start;
        for (; ; )
        {
            var guess = key.Next;
            var same = Vector256.Equals(Vector256.Load(at), guess.Pattern).ExtractMostSignificantBits();
            if ((same & guess.Mask) == guess.Mask && (!guess.IsLong || new ReadOnlySpan<byte>(at, guess.QuotedLength).SequenceEqual(guess.Quoted)))
            {
                at += guess.QuotedLength;
                key = guess;
            }
            else
            {
                at = Key(at, out var found);
                if (at == null)
                    return null;
                key.Next = found;
                key = found;
            }

            if (*at != ':' && *(at = JsonText.SkipSpace(at)) != ':')
                return null;
            if (*++at <= ' ')
                at = JsonText.SkipSpace(at);
            at = Value(at, start, open, depth: 1, key.Cell >= 0, out var cell);
            if (at == null)
                return null;
            if (key.Cell >= 0)
                Store(row, key, cell);
            else if (key.IsDiscoverable)
                Discover(row, key, cell, at, start);

            if (*at <= ' ')
                at = JsonText.SkipSpace(at);
            if (*at == '}')
                return at + 1;
            if (*at != ',')
                return null;
            if (*++at != '"' && *(at = JsonText.SkipSpace(at)) != '"')
                return null;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(ParsedRow row, FieldKey key, in Cell cell)
    {
        row.Cells[key.Cell] = cell;
        if ((key.PlainKinds >> (int)cell.Kind & 1) == 0)
        {
            NeedsConversion = true;
            if (cell.Kind == CellKind.Null && key.KeepsNull)
                row.Cells[key.Cell].Kind = CellKind.NamedNull;
            foreach (var further in key.FurtherCells)
                row.Cells[further] = cell;
        }
    }

    // Like Druid's field discovery: not by null, and not by objects or arrays that hold any, unless it discovers all.
    private void Discover(ParsedRow row, FieldKey key, Cell cell, byte* end, byte* start)
    {
        if (!fields.DiscoversAll && (cell.Kind == CellKind.Null || !IsFlat(cell, start)))
            return;
        fields.Discover(key);
        row.SetCellCount(fields.CellCount);
        if (cell.Kind == CellKind.Text)
            Value(start + cell.Value - 1, start, open, depth: 1, isUsed: true, out cell); // scanned as unused: its escapes are still there
        Store(row, key, cell);
    }

    private static bool IsFlat(in Cell cell, byte* start) => cell.Kind != CellKind.Object && (cell.Kind != CellKind.Array || IsFlat(new ReadOnlySpan<byte>(start + cell.Value, cell.Length)));

    private static bool IsFlat(ReadOnlySpan<byte> array)
    {
        var inText = false;
        for (var i = 1; i < array.Length; i++)
        {
            if (inText && array[i] == '\\')
                i++;
            else if (array[i] == '"')
                inText = !inText;
            else if (!inText && array[i] is (byte)'[' or (byte)'{')
                return false;
        }

        return true;
    }

    private byte* Key(byte* at, out FieldKey key)
    {
        key = fields.Start;
        byte* end;
        if (*at != '"' || (end = JsonText.StringEnd(at + 1, out var hasEscapes)) == null)
            return null;
        var name = new Span<byte>(at + 1, (int)(end - at - 1));
        if (hasEscapes)
        {
            name = name.ToArray();
            name = name[..JsonEscapes.Decode(name)];
        }

        key = fields.Find(name);
        return end + 1;
    }

    /// <summary>Scans one value.</summary>
    /// <param name="depth">Brackets open around it.</param>
    /// <param name="isUsed">Decode escapes, in place.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Value(byte* at, byte* start, byte[] open, int depth, bool isUsed, out Cell cell)
    {
        byte* end;
        switch (*at)
        {
            case (byte)'"':
                end = JsonText.StringEnd(at + 1, out var hasEscapes);
                if (end == null)
                {
                    cell = default;
                    return null;
                }

                cell = Cell.Text((int)(at + 1 - start), (int)(end - at - 1));
                if (hasEscapes && isUsed)
                    cell.Length = JsonEscapes.Decode(new Span<byte>(at + 1, cell.Length));
                return end + 1;
            case (byte)'n' when JsonText.IsNull(at):
                cell = default;
                return at + 4;
            case (byte)'f' when JsonText.IsFalse(at):
                cell = new Cell { Kind = CellKind.False };
                return at + 5;
            case (byte)'t' when JsonText.IsTrue(at):
                cell = new Cell { Kind = CellKind.True };
                return at + 4;
            case (byte)'{' or (byte)'[':
                var kind = *at == '{' ? CellKind.Object : CellKind.Array;
                end = JsonText.ValueEnd(at, open, depth);
                cell = new Cell { Kind = kind, Value = at - start, Length = (int)(end - at) };
                return end;
            default:
                end = JsonText.NumberEnd(at, out var isInteger, out var integer);
                cell = isInteger ? Cell.Number(integer) : new Cell { Kind = CellKind.Decimal, Value = at - start, Length = (int)(end - at) };
                if (!isInteger && end != null && long.TryParse(new ReadOnlySpan<byte>(at, cell.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out integer))
                    cell = Cell.Number(integer);
                return end;
        }
    }
}
