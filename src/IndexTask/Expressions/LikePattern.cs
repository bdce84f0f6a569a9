namespace Ingestion.IndexTask.Expressions;

/// <summary>SQL's LIKE over a whole text: % for any characters, _ for one, the escape before one that stands for itself.</summary>
internal sealed class LikePattern
{
    private readonly char[] characters;
    private readonly bool[] isWild; // % and _ that are not escaped

    public LikePattern(string pattern, char? escape)
    {
        List<char> read = [];
        List<bool> wild = [];
        for (var i = 0; i < pattern.Length; i++)
        {
            var isEscaped = pattern[i] == escape && i + 1 < pattern.Length;
            if (isEscaped)
                i++;
            read.Add(pattern[i]);
            wild.Add(!isEscaped && pattern[i] is '%' or '_');
        }

        (characters, isWild) = ([.. read], [.. wild]);
    }

    public bool Matches(string text)
    {
        int at = 0, p = 0, star = -1, retry = 0;
        while (at < text.Length)
        {
            if (p < characters.Length && isWild[p] && characters[p] == '%')
            {
                (star, retry) = (p++, at);
            }
            else if (p < characters.Length && (isWild[p] || characters[p] == text[at]))
            {
                at += isWild[p] && char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
                p++;
            }
            else if (star >= 0)
            {
                (p, at) = (star + 1, ++retry);
            }
            else
            {
                return false;
            }
        }

        while (p < characters.Length && isWild[p] && characters[p] == '%')
            p++;
        return p == characters.Length;
    }
}
