using System.Text;
using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions of texts. Lengths and places are in UTF-16 units, as in Java.</summary>
internal static class StringFunctions
{
    private const int Longest = 16 * 1024 * 1024;

    // Characters whose other case is not one character, or another one than .NET's tables have.
    private static readonly (string Lower, string Upper)[] Expanding = [("ß", "SS"), ("ŉ", "ʼN"), ("ﬀ", "FF"), ("ﬁ", "FI"), ("ﬂ", "FL"), ("ﬃ", "FFI"), ("ﬄ", "FFL"), ("ﬅ", "ST"), ("ﬆ", "ST"), ("ı", "I")];

    public static readonly Dictionary<string, Func<Value, Value>> Unary = new(StringComparer.Ordinal)
    {
        ["strlen"] = v => v.AsText is { } text ? Value.Of((long)text.Length) : Value.NullOf(ExpressionType.Long),
        ["lower"] = v => Value.Of(v.AsText?.Replace("İ", "i̇", StringComparison.Ordinal).ToLowerInvariant()),
        ["upper"] = v => Value.Of(Upper(v.AsText)),
        ["reverse"] = v => v.Type == ExpressionType.String ? Value.Of(Reversed(v.AsText)) : throw new ExpressionException($"Function[reverse] needs a STRING argument but got {Value.Name(v.Type)} instead"),
        ["decode_base64_utf8"] = v => Value.Of(Decoded(v.AsText)),
    };

    public static readonly Dictionary<string, Func<Value, Value, Value>> Binary = new(StringComparer.Ordinal)
    {
        ["left"] = (s, n) => Cut(s, n, (text, count) => text[..count]),
        ["right"] = (s, n) => Cut(s, n, (text, count) => text[^count..]),
        ["trim"] = (s, characters) => Trimmed(s, characters, (text, set) => text.Trim(set)),
        ["ltrim"] = (s, characters) => Trimmed(s, characters, (text, set) => text.TrimStart(set)),
        ["rtrim"] = (s, characters) => Trimmed(s, characters, (text, set) => text.TrimEnd(set)),
        ["repeat"] = Repeat,
    };

    public static readonly Dictionary<string, Func<Value, Value, Value, Value>> Ternary = new(StringComparer.Ordinal)
    {
        ["substring"] = Substring,
        ["replace"] = (s, pattern, by) => s.AsText is { } text ? Value.Of(Replaced(text, pattern.AsText, by.AsText)) : Value.Null,
        ["lpad"] = (s, n, pad) => Padded(s, n, pad, isLeft: true),
        ["rpad"] = (s, n, pad) => Padded(s, n, pad, isLeft: false),
    };

    public static Value Concat(Value[] arguments)
    {
        if (arguments.Length == 0)
            return Value.Null;
        var text = new StringBuilder();
        foreach (var argument in arguments)
        {
            if (argument.IsNull)
                return Value.Null;
            text.Append(argument.AsText);
        }

        return Value.Of(text.ToString());
    }

    public static Value Position(Value[] arguments)
    {
        if (arguments[0].AsText is not { } text || arguments[1].AsText is not { } wanted)
            return Value.Null;
        var from = Math.Clamp(arguments.Length > 2 ? arguments[2].AsInt : 0, 0, text.Length);
        return Value.Of((long)text.IndexOf(wanted, from, StringComparison.Ordinal));
    }

    // What has nothing to be trimmed stays what it is, also a number.
    private static Value Trimmed(in Value s, in Value characters, Func<string, char[], string> trim)
    {
        if (s.AsText is not { } text || characters.AsText is not { Length: > 0 } set)
            return s;
        var trimmed = trim(text, set.ToCharArray());
        return trimmed.Length == text.Length ? s : Value.Of(trimmed);
    }

    private static Value Substring(Value s, Value from, Value count)
    {
        if (s.AsText is not { } text)
            return Value.Null;
        var (index, length) = (from.AsInt, count.AsInt);
        if (index >= text.Length)
            return Value.Null;
        var end = length < 0 ? text.Length : Math.Min(unchecked(index + length), text.Length);
        if (index < 0 || end < index)
            throw new ExpressionException($"begin {index}, end {end}, length {text.Length}");
        return Value.Of(text[index..end]);
    }

    private static Value Cut(in Value s, in Value n, Func<string, int, string> cut)
    {
        if (n.AsInt < 0)
            throw new ExpressionException("needs a positive integer as second argument");
        return s.AsText is { } text ? Value.Of(n.AsInt < text.Length ? cut(text, n.AsInt) : text) : Value.Null;
    }

    private static Value Repeat(Value s, Value n)
    {
        if (s.AsText is not { } text || n.AsInt < 1)
            return Value.Null;
        CheckLength((long)text.Length * n.AsInt);
        return Value.Of(new StringBuilder(text.Length * n.AsInt).Insert(0, text, n.AsInt).ToString());
    }

    private static Value Padded(in Value s, in Value n, in Value with, bool isLeft)
    {
        if (s.AsText is not { } text || with.AsText is not { } pad || n.AsInt == 0)
            return Value.Null;
        var length = n.AsInt;
        if (length < 0)
            return Value.Of("");
        CheckLength(length);
        if (pad.Length == 0 || length <= text.Length)
            return Value.Of(length <= text.Length ? text[..length] : text);
        var filling = new StringBuilder();
        while (filling.Length < length - text.Length)
            filling.Append(pad);
        var filled = filling.ToString(0, length - text.Length);
        return Value.Of(isLeft ? filled + text : text + filled);
    }

    private static void CheckLength(long length)
    {
        if (length > Longest)
            throw new ExpressionException($"a text of {length} characters: at most {Longest} are made");
    }

    private static string Replaced(string text, string? pattern, string? by)
    {
        if (pattern is null || by is null)
            throw new ExpressionException("Function[replace] of a null pattern or replacement");
        if (pattern.Length > 0)
            return text.Replace(pattern, by, StringComparison.Ordinal);
        return by + string.Concat(text.Select(c => c + by));
    }

    private static string? Upper(string? text)
    {
        text = text?.ToUpperInvariant();
        if (text is null || text.AsSpan().IndexOfAnyInRange('\u0080', '\uffff') < 0)
            return text;
        foreach (var (lower, upper) in Expanding)
            text = text.Replace(lower, upper, StringComparison.Ordinal);
        return text;
    }

    private static string? Reversed(string? text)
    {
        if (text is null)
            return null;
        var turned = text.ToCharArray();
        Array.Reverse(turned);
        for (var i = 0; i + 1 < turned.Length; i++)
        {
            if (char.IsLowSurrogate(turned[i]) && char.IsHighSurrogate(turned[i + 1]))
                (turned[i], turned[i + 1]) = (turned[i + 1], turned[i]);
        }

        return new string(turned);
    }

    private static string? Decoded(string? text)
    {
        if (text is null)
            return null;
        var padded = text.Length % 4 == 0 ? text : text.PadRight(text.Length + 4 - (text.Length % 4), '=');
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : throw new ExpressionException("Function[decode_base64_utf8] of what is no base64");
    }
}
