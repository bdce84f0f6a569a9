using System.Text;
using System.Text.RegularExpressions;

namespace Ingestion.Contracts.Specs;

/// <summary>Regular expressions of Java (<c>java.util.regex.Pattern</c>) as .NET's. What the two write alike, or what can be rewritten, is
/// understood; what .NET would read as something else, or not at all, is refused.</summary>
public static class JavaRegex
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    /// <summary>An expression that a text must match from its start to its end (Java's <c>matches</c>). Groups are numbered as Java does, by their opening parentheses.</summary>
    /// <returns>Null: it is none, and the problem says why. Matching one with look-arounds or back-references may take a second, and then throws
    /// <see cref="RegexMatchTimeoutException"/>; others take time that is linear in the text.</returns>
    public static Regex? TryWhole(string pattern, out string problem) => Try(pattern, @"\A(?:", @")\z", out problem);

    /// <summary>An expression that is looked for anywhere in a text (Java's <c>find</c>).</summary>
    /// <inheritdoc cref="TryWhole"/>
    public static Regex? TryPart(string pattern, out string problem) => Try(pattern, "(?:", ")", out problem);

    private static Regex? Try(string pattern, string before, string behind, out string problem)
    {
        problem = Translation.Problem(pattern) ?? "";
        if (problem.Length > 0) return null;
        try
        {
            var translated = Translation.Of(pattern);
            _ = new Regex(translated); // alone first: what is wrong with it must not be hidden, or mended, by what is put around it
            var whole = before + translated + behind;
            try { return new Regex(whole, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking); }
            catch (NotSupportedException) { return new Regex(whole, RegexOptions.CultureInvariant, MatchTimeout); } // look-arounds and back-references
        }
        catch (ArgumentException e)
        {
            problem = e.Message;
            return null;
        }
    }

    private static class Translation
    {
        /// <summary>What these leave, as ranges: within a class there is no other way to say so.</summary>
        private const string NoDigit = @"\x00-/:-\uFFFF", NoWord = @"\x00-/:-@\[-\^`{-\uFFFF", NoSpace = @"\x00-\x08\x0E-\x1F!-\uFFFF";

        /// <summary>Intersections (<c>[a-z&amp;&amp;[^b]]</c>) and unions (<c>[a[b]]</c>) of character classes mean something else in .NET, which would say nothing; comments would
        /// hide what is put around the pattern.</summary>
        public static string? Problem(string pattern)
        {
            var isInClass = false;
            for (var i = 0; i < pattern.Length; i++)
            {
                if (pattern[i] == '\\')
                {
                    if (++i < pattern.Length && pattern[i] == 'k') return $"a reference to a group by its name, at index {i - 1}, is not supported: use its number";
                    continue;
                }
                if (!isInClass && Flags(pattern, i).Contains('x')) return "the flag x (comments) is not supported";
                if (!isInClass) { isInClass = pattern[i] == '['; if (isInClass && pattern.AsSpan(i + 1) is ['^', ..]) i++; continue; }
                if (pattern[i] == '[') return $"a character class within another one, at index {i}, is not supported";
                if (pattern.AsSpan(i) is ['&', '&', ..]) return $"an intersection of character classes, at index {i}, is not supported";
                if (pattern[i] == ']') isInClass = false;
            }
            return null;
        }

        /// <summary>Java's <c>\d</c>, <c>\w</c>, <c>\s</c> know ASCII only and its dot stops at more line ends; .NET numbers named groups behind the others, so names go.</summary>
        public static string Of(string pattern)
        {
            var dotIsAll = Enumerable.Range(0, pattern.Length).Any(i => Flags(pattern, i).Contains('s'));
            var text = new StringBuilder();
            var isInClass = false;
            for (var i = 0; i < pattern.Length; i++)
            {
                var c = pattern[i];
                if (c == '\\' && i + 1 < pattern.Length)
                {
                    var set = pattern[++i] switch { 'd' or 'D' => "0-9", 'w' or 'W' => "a-zA-Z0-9_", 's' or 'S' => @" \t\n\v\f\r", _ => null };
                    if (set is null) text.Append(c).Append(pattern[i]);
                    else if (isInClass) text.Append(pattern[i] switch { 'D' => NoDigit, 'W' => NoWord, 'S' => NoSpace, _ => set });
                    else text.Append(char.IsUpper(pattern[i]) ? "[^" : "[").Append(set).Append(']');
                    continue;
                }
                if (isInClass) isInClass = c != ']';
                else if (c == '[')
                {
                    isInClass = true;
                    if (pattern.AsSpan(i + 1) is ['^', ..]) { text.Append(c); c = pattern[++i]; }
                }
                else if (c == '.' && !dotIsAll) { text.Append(@"[^\n\r\u0085\u2028\u2029]"); continue; }
                else if (pattern.AsSpan(i) is ['(', '?', '<', >= 'A' and <= 'z', ..] && pattern.IndexOf('>', i) is var end and > 0) { text.Append('('); i = end; continue; }
                text.Append(c);
            }
            return text.ToString();
        }

        /// <summary>The flags that are set by a group which begins here: <c>(?sx)</c>, <c>(?s:</c>.</summary>
        private static ReadOnlySpan<char> Flags(string pattern, int at) =>
            pattern.AsSpan(at) is ['(', '?', .. var option] && option.IndexOfAnyExceptInRange('a', 'z') is var end and >= 0 ? option[..end] : default;
    }
}
