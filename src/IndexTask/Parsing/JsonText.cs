using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// Scans JSON (RFC 8259, as strict as Jackson) in a buffer with <see cref="Columns.ParsedRow.Padding"/> zero bytes behind it. A zero byte is no
/// part of valid JSON, so every scan stops there at the latest and no step needs to ask for the end. Null means invalid.
/// </summary>
internal static unsafe class JsonText
{
    /// <summary>Jackson's limit of nesting.</summary>
    public const int MaxDepth = 1000;

    public static byte* SkipSpace(byte* at)
    {
        while (*at is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            at++;
        return at;
    }

    /// <summary>The closing quote of the string whose first byte this is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* StringEnd(byte* at, out bool hasEscapes)
    {
        hasEscapes = false;
        for (; ; at += Vector256<byte>.Count)
        {
            var stops = Stops(at);
            if (stops == 0)
                continue;
            at += uint.TrailingZeroCount(stops);
            return *at == '"' ? at : EscapedStringEnd(at, out hasEscapes);
        }
    }

    private static uint Stops(byte* at)
    {
        var bytes = Vector256.Load(at);
        return (Vector256.Equals(bytes, Vector256.Create((byte)'"')) | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
            | Vector256.Equals(Vector256.Min(bytes, Vector256.Create((byte)0x1F)), bytes)).ExtractMostSignificantBits();
    }

    private static byte* EscapedStringEnd(byte* at, out bool hasEscapes)
    {
        hasEscapes = true;
        for (; ; )
        {
            if (*at == '"')
                return at;
            if (*at != '\\')
                return null;
            switch (at[1])
            {
                case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                    at += 2;
                    break;
                case (byte)'u' when IsHex(at[2]) && IsHex(at[3]) && IsHex(at[4]) && IsHex(at[5]):
                    at += 6;
                    break;
                default:
                    return null;
            }

            uint stops;
            while ((stops = Stops(at)) == 0)
                at += Vector256<byte>.Count;
            at += uint.TrailingZeroCount(stops);
        }
    }

    private static bool IsHex(byte unit) => char.IsAsciiHexDigit((char)unit);

    /// <summary>The end of the number that begins here.</summary>
    /// <param name="isInteger">It has neither fraction nor exponent and at most 18 digits.</param>
    /// <param name="integer">Its value, if so.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* NumberEnd(byte* at, out bool isInteger, out long integer)
    {
        var negative = *at == '-';
        if (negative)
            at++;
        var first = at;
        long value = 0;
        for (uint digit; (digit = (uint)*at - '0') <= 9; at++)
            value = (value * 10) + digit;
        integer = negative ? -value : value;
        var digits = at - first;
        isInteger = digits <= 18;
        if (digits == 0 || (*first == '0' && digits > 1))
            return null;
        return *at is (byte)'.' or (byte)'e' or (byte)'E' ? FractionEnd(at, out isInteger) : at;
    }

    private static byte* FractionEnd(byte* at, out bool isInteger)
    {
        isInteger = false;
        if (*at == '.' && (at = DigitsEnd(at + 1)) is null)
            return null;
        if (*at is not ((byte)'e' or (byte)'E'))
            return at;
        at++;
        return DigitsEnd(*at is (byte)'+' or (byte)'-' ? at + 1 : at);
    }

    private static byte* DigitsEnd(byte* at)
    {
        var first = at;
        while (char.IsAsciiDigit((char)*at))
            at++;
        return at == first ? null : at;
    }

    public static bool IsTrue(byte* at) => Unsafe.ReadUnaligned<uint>(at) == 0x65757274;

    public static bool IsFalse(byte* at) => Unsafe.ReadUnaligned<uint>(at) == 0x736C6166 && at[4] == 'e';

    public static bool IsNull(byte* at) => Unsafe.ReadUnaligned<uint>(at) == 0x6C6C756E;

    /// <summary>The end of the value that begins here, of whatever kind.</summary>
    /// <param name="open">Room for the brackets that are open: <see cref="MaxDepth"/> bytes.</param>
    /// <param name="depth">Brackets open around the value.</param>
    public static byte* ValueEnd(byte* at, byte[] open, int depth)
    {
        var outer = depth;
        for (; ; )
        {
            switch (*at)
            {
                case (byte)'{' or (byte)'[':
                    if (depth == MaxDepth)
                        return null;
                    open[depth++] = *at;
                    var opening = *at;
                    at = SkipSpace(at + 1);
                    if (*at == opening + 2) // both closing brackets lie two behind the opening ones
                        break;
                    if (opening == '{' && (at = MemberValue(at)) is null)
                        return null;
                    continue;
                case (byte)'"':
                    at = StringEnd(at + 1, out _);
                    if (at is null)
                        return null;
                    at++;
                    break;
                case (byte)'t' when IsTrue(at):
                case (byte)'n' when IsNull(at):
                    at += 4;
                    break;
                case (byte)'f' when IsFalse(at):
                    at += 5;
                    break;
                default:
                    at = NumberEnd(at, out _, out _);
                    if (at is null)
                        return null;
                    break;
            }

            for (; ; )
            {
                if (depth == outer)
                    return at;
                at = SkipSpace(at);
                if (*at != open[depth - 1] + 2)
                    break;
                depth--;
                at++;
            }

            if (*at != ',')
                return null;
            at = SkipSpace(at + 1);
            if (open[depth - 1] == '{' && (at = MemberValue(at)) is null)
                return null;
        }
    }

    // From the opening quote of a member's name to its value.
    private static byte* MemberValue(byte* at)
    {
        if (*at != '"' || (at = StringEnd(at + 1, out _)) is null)
            return null;
        at = SkipSpace(at + 1);
        return *at == ':' ? SkipSpace(at + 1) : null;
    }
}
