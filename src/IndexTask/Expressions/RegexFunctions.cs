using System.Text;
using System.Text.RegularExpressions;
using Ingestion.Contracts.Expressions;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions of regular expressions, which are Java's.</summary>
internal static class RegexFunctions
{
    public static Func<Value, Value> Like(string pattern)
    {
        var regex = Compile(pattern);
        return v => v.AsText is { } text ? Value.Of(regex.IsMatch(text)) : Value.NullOf(ExpressionType.Long);
    }

    public static Func<Value, Value> Extract(string pattern, int group)
    {
        var regex = Compile(pattern);
        return v =>
        {
            if (v.AsText is not { } text || regex.Match(text) is not { Success: true } match)
                return Value.Null;
            if (group < 0 || group >= match.Groups.Count)
                throw new ExpressionException($"No group {group}");
            return match.Groups[group] is { Success: true } found ? Value.Of(found.Value) : Value.Null;
        };
    }

    public static Func<Value, Value, Value> Replace(string pattern)
    {
        var regex = Compile(pattern);
        return (v, by) => v.AsText is { } text && by.AsText is { } replacement ? Value.Of(regex.Replace(text, match => Expand(replacement, match))) : Value.Null;
    }

    /// <summary>Java's <c>String.split</c>: empty parts at the end are none, nor is one before a match of no width at the start.</summary>
    public static Func<Value, Value, Value> Split()
    {
        (string Pattern, Regex Regex)? last = null;
        return (v, by) =>
        {
            if (v.AsText is not { } text)
                return Value.Null;
            var pattern = by.AsText ?? "";
            if (last is not { } compiled || compiled.Pattern != pattern)
                last = compiled = (pattern, JavaRegex.TryPart(pattern, out var problem) ?? throw new ExpressionException($"[{pattern}] is not a regular expression that can be matched: {problem}"));
            return Value.Of(ExpressionType.StringArray, Split(text, compiled.Regex));
        };
    }

    private static object?[] Split(string text, Regex regex)
    {
        List<object?> parts = [];
        var from = 0;
        foreach (Match match in regex.Matches(text))
        {
            if (match.Index + match.Length == 0 || (match.Length == 0 && match.Index == text.Length))
                continue;
            parts.Add(text[from..match.Index]);
            from = match.Index + match.Length;
        }

        if (from == 0 && parts.Count == 0)
            return [text];
        parts.Add(text[from..]);
        while (parts.Count > 0 && parts[^1] is "")
            parts.RemoveAt(parts.Count - 1);
        return [.. parts];
    }

    // The expression was read when the spec was.
    private static Regex Compile(string pattern) => JavaRegex.TryPart(pattern, out var problem) ?? throw new ArgumentException(problem, nameof(pattern));

    // Java's replacements: $1, \$.
    private static string Expand(string replacement, Match match)
    {
        if (replacement.AsSpan().IndexOfAny('$', '\\') < 0)
            return replacement;
        var text = new StringBuilder();
        for (var i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] == '\\' && i + 1 < replacement.Length)
            {
                text.Append(replacement[++i]);
            }
            else if (replacement[i] == '$')
            {
                if (i + 1 >= replacement.Length || !char.IsAsciiDigit(replacement[i + 1]))
                    throw new ExpressionException("Illegal group reference");
                var group = replacement[++i] - '0';
                if (group >= match.Groups.Count)
                    throw new ExpressionException($"No group {group}");
                while (i + 1 < replacement.Length && char.IsAsciiDigit(replacement[i + 1]) && (group * 10) + replacement[i + 1] - '0' < match.Groups.Count)
                    group = (group * 10) + replacement[++i] - '0';
                text.Append(match.Groups[group].Value);
            }
            else
            {
                text.Append(replacement[i]);
            }
        }

        return text.ToString();
    }
}
