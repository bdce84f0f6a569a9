using System.Globalization;
using System.Text;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Decodes the escapes of a JSON string in place: what they stand for is never longer.</summary>
internal static class JsonEscapes
{
    /// <param name="text">Valid between the quotes.</param>
    /// <returns>The bytes left at the start of the text. A surrogate without its partner becomes <c>?</c>, as in Java's encoder.</returns>
    public static int Decode(Span<byte> text)
    {
        var to = text.IndexOf((byte)'\\');
        for (var from = to; from < text.Length;)
        {
            if (text[from] != '\\')
            {
                text[to++] = text[from++];
                continue;
            }

            if (text[from + 1] != 'u')
            {
                text[to++] = Simple(text[from + 1]);
                from += 2;
                continue;
            }

            var unit = Unit(text[(from + 2)..]);
            from += 6;
            Rune rune;
            if (char.IsHighSurrogate(unit) && IsUnit(text[from..]) && Unit(text[(from + 2)..]) is var low && char.IsLowSurrogate(low))
            {
                rune = new Rune(unit, low);
                from += 6;
            }
            else
            {
                rune = char.IsSurrogate(unit) ? new Rune('?') : new Rune(unit);
            }

            to += rune.EncodeToUtf8(text[to..]);
        }

        return to;
    }

    private static bool IsUnit(ReadOnlySpan<byte> text) => text.Length >= 6 && text[0] == '\\' && text[1] == 'u';

    private static char Unit(ReadOnlySpan<byte> hex) => (char)ushort.Parse(hex[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static byte Simple(byte escape) => escape switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        _ => escape,
    };
}
