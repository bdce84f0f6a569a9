namespace Ingestion.IndexTask.Columns;

/// <summary>What a <see cref="Cell"/> holds.</summary>
internal enum CellKind : byte
{
    /// <summary>JSON null, or a field that the event does not have.</summary>
    Null,

    /// <summary>UTF-8 text of the row, escapes already decoded.</summary>
    Text,
    True,
    False,

    /// <summary>In a field just scanned an integer that fits 64 bits; in a finished row the bits of the column's type.</summary>
    Number,

    /// <summary>Elements of a multi-value dimension; finished rows only.</summary>
    List,

    /// <summary>A JSON number with fraction or exponent, or beyond 64 bits: its text. Never in a finished row.</summary>
    Decimal,

    /// <summary>The JSON text of an array. Never in a finished row.</summary>
    Array,

    /// <summary>The JSON text of an object. Never in a finished row.</summary>
    Object,

    /// <summary>A value of a first or last aggregator that is no number; finished rows only. Elsewhere such a value is null.</summary>
    Unusable,

    /// <summary>Text of a dimension whose type is what is seen: an integer's digits, in finished rows only, as are the next two.</summary>
    LongText,

    /// <summary>A double as Java prints it.</summary>
    DoubleText,

    /// <summary>A string.</summary>
    PlainText,

    /// <summary>The null of a field that the event does have, where that makes a dimension: with <c>useSchemaDiscovery</c>.</summary>
    NamedNull,
}

/// <summary>One value of a row: where its text lies in the row's buffer, or a number.</summary>
internal struct Cell
{
    /// <summary>The number or its bits; else the start of the text in the row's buffer, or of the list among the row's elements.</summary>
    public long Value;

    /// <summary>Bytes of text, or elements of a list.</summary>
    public int Length;

    public CellKind Kind;

    public static Cell Text(int start, int length) => new() { Kind = CellKind.Text, Value = start, Length = length };

    public static Cell Number(long bits) => new() { Kind = CellKind.Number, Value = bits };
}
