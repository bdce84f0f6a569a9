using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads one JSONPath. Every refusal is a <see cref="FormatException"/> that says where.</summary>
internal ref struct JsonPathParser(string expression)
{
    private readonly string text = Rooted(expression.Trim());
    private int at = 1;

    // As Jayway does: a.b is $.a.b.
    private static string Rooted(string path) => path.StartsWith('$') || path.StartsWith('@') ? path : "$." + path;

    public ImmutableArray<JsonPathStep> Parse()
    {
        if (text[0] == '@') throw new FormatException("a path begins with $, the event");
        var steps = ImmutableArray.CreateBuilder<JsonPathStep>();
        while (at < text.Length)
        {
            if (TryTake(".."))
            {
                steps.Add(new JsonPathStep.Descend());
                if (at == text.Length) throw Wrong("a name, * or [ is expected after ..");
                steps.Add(text[at] == '[' ? Bracket() : Name());
            }
            else if (TryTake(".")) steps.Add(at < text.Length && text[at] == '[' ? Bracket() : Name());
            else if (text[at] == '[') steps.Add(Bracket());
            else throw Wrong("a . or [ is expected");
        }
        // Jayway's answers to such paths follow no rule.
        for (var i = 0; i + 2 < steps.Count; i++)
            if (steps[i] is JsonPathStep.Descend && steps[i + 1] is not JsonPathStep.Member) throw new FormatException("after .. only a single name may be followed by further steps");
        return steps.ToImmutable();
    }

    private JsonPathStep Name()
    {
        if (TryTake("*")) return new JsonPathStep.Every();
        var end = text.AsSpan(at).IndexOfAny(". [(");
        end = end < 0 ? text.Length : at + end;
        if (end == at) throw Wrong("a name is expected");
        if (end < text.Length && text[end] == '(') throw Wrong($"functions such as {text[at..end]}() are not supported");
        if (end < text.Length && text[end] == ' ') throw Wrong("a name with a blank is written ['like this']");
        var name = text[at..end];
        at = end;
        return new JsonPathStep.Member(name);
    }

    private JsonPathStep Bracket()
    {
        at++;
        SkipBlanks();
        if (TryTake("?")) throw Wrong("filters [?(...)] are not supported");
        if (at == text.Length) throw Wrong("the [ is not closed");
        JsonPathStep step = text[at] is '\'' or '"' ? Quoted() : TryTake("*") ? new JsonPathStep.Every() : Numbers();
        SkipBlanks();
        return TryTake("]") ? step : throw Wrong("a ] is expected");
    }

    private JsonPathStep Quoted()
    {
        var names = ImmutableArray.CreateBuilder<string>();
        do
        {
            SkipBlanks();
            if (at == text.Length || text[at] is not ('\'' or '"')) throw Wrong("a name between quotes is expected");
            names.Add(QuotedName(text[at++]));
            SkipBlanks();
        }
        while (TryTake(","));
        return names.Count == 1 ? new JsonPathStep.Member(names[0]) : new JsonPathStep.Members(names.ToImmutable());
    }

    private string QuotedName(char quote)
    {
        var name = new StringBuilder();
        for (; at < text.Length; at++)
        {
            if (text[at] == quote) { at++; return name.ToString(); }
            if (text[at] == '\\' && at + 1 < text.Length) at++;
            name.Append(text[at]);
        }
        throw Wrong("the name's quote is not closed");
    }

    private JsonPathStep Numbers()
    {
        var first = Number();
        SkipBlanks();
        if (TryTake(":"))
        {
            var to = Number();
            if (first is null && to is null) throw Wrong("a slice has a beginning, an end or both: [1:], [:3], [1:3]");
            return new JsonPathStep.Slice(first, to);
        }
        if (first is null) throw Wrong("a name between quotes, an index, a slice or * is expected");
        var indexes = ImmutableArray.Create(first.Value);
        while (TryTake(","))
        {
            indexes = indexes.Add(Number() ?? throw Wrong("an index is expected"));
            SkipBlanks();
        }
        return new JsonPathStep.Indexes(indexes);
    }

    private int? Number()
    {
        SkipBlanks();
        var start = at;
        if (at < text.Length && text[at] == '-') at++;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        if (at == start) return null;
        return int.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong("an index is expected");
    }

    private void SkipBlanks()
    {
        while (at < text.Length && text[at] == ' ') at++;
    }

    private bool TryTake(string expected)
    {
        if (string.CompareOrdinal(text, at, expected, 0, expected.Length) != 0) return false;
        at += expected.Length;
        return true;
    }

    private readonly FormatException Wrong(string expected) => new($"{expected}, at index {at} of {text}");
}
