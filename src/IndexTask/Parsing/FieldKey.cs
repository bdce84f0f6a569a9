using System.Runtime.Intrinsics;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>A field name that events have, what it feeds, and which field followed it last time.</summary>
internal sealed class FieldKey
{
    private readonly byte[] quoted;

    /// <param name="name">UTF-8.</param>
    public FieldKey(byte[] name)
    {
        Name = name;
        quoted = [(byte)'"', .. name, (byte)'"'];
        Next = this;
        Span<byte> pattern = stackalloc byte[Vector256<byte>.Count];
        pattern.Clear();
        quoted.AsSpan(0, Math.Min(quoted.Length, pattern.Length)).CopyTo(pattern);
        Pattern = Vector256.Create<byte>(pattern);
        Mask = quoted.Length >= pattern.Length ? uint.MaxValue : (1u << quoted.Length) - 1;
        IsLong = quoted.Length > pattern.Length;

        // A name that JSON has to escape never stands between quotes as it is: the first byte, a quote, is made to differ.
        foreach (var unit in name)
        {
            if (unit is < 0x20 or (byte)'"' or (byte)'\\')
                Pattern = Vector256<byte>.Zero;
        }
    }

    public byte[] Name { get; }

    /// <summary>The name between quotes, or its first 32 bytes; compared under <see cref="Mask"/>.</summary>
    public Vector256<byte> Pattern { get; }
    public uint Mask { get; }

    /// <summary>The pattern is not the whole name: <see cref="ReadOnlySpan{T}.SequenceEqual"/> has to confirm it.</summary>
    public bool IsLong { get; }
    public int QuotedLength => quoted.Length;
    public ReadOnlySpan<byte> Quoted => quoted;

    /// <summary>The field that followed the last time; a guess.</summary>
    public FieldKey Next { get; set; }

    /// <summary>The cell that takes the value as scanned; -1: the field is not used.</summary>
    public int Cell { get; set; } = -1;

    /// <summary>Further cells with the same field.</summary>
    public int[] FurtherCells { get; set; } = [];

    /// <summary>Bit k: a value of <see cref="CellKind"/> k needs no conversion.</summary>
    public uint PlainKinds { get; set; } = uint.MaxValue;

    /// <summary>An unknown field that becomes a dimension when it is met: with a value, or where <see cref="KeepsNull"/>, also with null.</summary>
    public bool IsDiscoverable { get; set; }

    /// <summary>Null in an event is a <see cref="CellKind.NamedNull"/>, so that a segment has the column though no row has a value.</summary>
    public bool KeepsNull { get; set; }
}
