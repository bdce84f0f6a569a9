using System.Globalization;
using System.Text;

namespace Ingestion.Contracts.Expressions;

internal enum TokenKind { End, Null, Long, Double, Text, Name, Symbol }

/// <param name="Text">Of a text or a name without its quotes and escapes; else as written.</param>
internal readonly record struct ExpressionToken(TokenKind Kind, string Text, int At);

/// <summary>Splits an expression into tokens, by the grammar of Druid's Expr.g4.</summary>
internal static class ExpressionLexer
{
    private static readonly string[] Symbols = ["ARRAY<LONG>", "ARRAY<DOUBLE>", "ARRAY<STRING>", "<LONG>", "<DOUBLE>", "<STRING>", "->", "<=", ">=", "==", "!=", "&&", "||",
        "<", ">", "+", "-", "*", "/", "%", "^", "!", "(", ")", "[", "]", ","];

    public static List<ExpressionToken> Split(string text)
    {
        List<ExpressionToken> tokens = [];
        for (var at = 0; ;)
        {
            while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n') at++;
            if (at == text.Length) break;
            tokens.Add(Next(text, ref at));
        }
        tokens.Add(new ExpressionToken(TokenKind.End, "", text.Length));
        return tokens;
    }

    private static ExpressionToken Next(string text, ref int at)
    {
        var start = at;
        if (text[at] is '\'' or '"') return new ExpressionToken(text[at] == '"' ? TokenKind.Name : TokenKind.Text, Quoted(text, ref at), start);
        if (char.IsAsciiDigit(text[at])) return Number(text, ref at);
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, at, symbol, 0, symbol.Length) != 0) continue;
            at += symbol.Length;
            return new ExpressionToken(TokenKind.Symbol, symbol, start);
        }
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '$')) at++;
        if (at == start) throw new ExpressionSyntaxException($"unexpected character {text[at]}", at);
        var name = text[start..at];
        var kind = name switch { "null" => TokenKind.Null, "NaN" or "Infinity" => TokenKind.Double, _ => TokenKind.Name };
        return new ExpressionToken(kind, name, start);
    }

    private static ExpressionToken Number(string text, ref int at)
    {
        var start = at;
        var isDouble = false;
        Digits(text, ref at);
        if (at < text.Length && text[at] == '.')
        {
            (isDouble, at) = (true, at + 1);
            Digits(text, ref at);
        }
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var exponent = at + 1 < text.Length && text[at + 1] == '-' ? at + 2 : at + 1;
            if (exponent < text.Length && char.IsAsciiDigit(text[exponent]))
            {
                (isDouble, at) = (true, exponent);
                Digits(text, ref at);
            }
        }
        return new ExpressionToken(isDouble ? TokenKind.Double : TokenKind.Long, text[start..at], start);
    }

    private static void Digits(string text, ref int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
    }

    private static string Quoted(string text, ref int at)
    {
        var (quote, start, read) = (text[at], at, new StringBuilder());
        for (at++; at < text.Length; at++)
        {
            if (text[at] == quote) { at++; return read.ToString(); }
            if (text[at] != '\\') { read.Append(text[at]); continue; }
            if (++at == text.Length) break;
            read.Append(Escaped(text, ref at));
        }
        throw new ExpressionSyntaxException($"a {(quote == '"' ? "name" : "text")} without its closing quote", start);
    }

    private static char Escaped(string text, ref int at)
    {
        switch (text[at])
        {
            case '\'' or '"' or '\\' or '/': return text[at];
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when at + 4 < text.Length && ushort.TryParse(text.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                at += 4;
                return (char)unit;
            default: throw new ExpressionSyntaxException($"\\{text[at]} is no escape", at - 1);
        }
    }
}
