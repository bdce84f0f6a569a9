using System.Globalization;
using System.Text.Json;
using Ingestion.Contracts.Json;

namespace Ingestion.Contracts.Specs;

/// <summary>A JSON object under validation: reads members with their defaults and notes every problem with its path instead of stopping
/// at the first. A member that is missing or null takes the default.</summary>
public readonly struct SpecNode(JsonElement json, string path, List<SpecProblem> problems)
{
    /// <summary>A hundred years: any time of this age plus or minus it is still a time.</summary>
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(36_500);

    public string Path => path;
    public JsonElement Json => json;

    public bool Has(string name) => Member(name) is not null;

    public JsonElement? Member(string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    public void Problem(string name, string message) => problems.Add(new SpecProblem(name.Length == 0 ? path : $"{path}.{name}", message));

    public SpecNode? Object(string name, bool required = false)
    {
        if (Member(name) is not { } member) { if (required) Problem(name, "is missing: an object is expected"); return null; }
        if (member.ValueKind == JsonValueKind.Object) return new SpecNode(member, $"{path}.{name}", problems);
        Problem(name, $"is {Kind(member)}: an object is expected");
        return null;
    }

    /// <summary>The elements of an array with the node to report problems of each; empty where the member is missing.</summary>
    public IReadOnlyList<SpecNode> Array(string name)
    {
        if (Member(name) is not { } member) return [];
        if (member.ValueKind != JsonValueKind.Array) { Problem(name, $"is {Kind(member)}: an array is expected"); return []; }
        var (parent, all) = (path, problems);
        return [.. member.EnumerateArray().Select((element, i) => new SpecNode(element, $"{parent}.{name}[{i}]", all))];
    }

    public string? Text(string name, bool required = false)
    {
        if (Member(name) is not { } member) { if (required) Problem(name, "is missing: a string is expected"); return null; }
        if (member.ValueKind == JsonValueKind.String) return member.GetString();
        Problem(name, $"is {Kind(member)}: a string is expected");
        return null;
    }

    public string OneOf(string name, string fallback, params ReadOnlySpan<string> allowed)
    {
        var text = Text(name);
        if (text is null) return fallback;
        foreach (var candidate in allowed)
            if (candidate.Equals(text, StringComparison.OrdinalIgnoreCase)) return candidate;
        Problem(name, $"[{text}] is not supported: use one of {string.Join(", ", allowed.ToArray())}");
        return fallback;
    }

    public bool Flag(string name, bool fallback)
    {
        switch (Member(name))
        {
            case null: return fallback;
            case { ValueKind: JsonValueKind.True }: return true;
            case { ValueKind: JsonValueKind.False }: return false;
            case { ValueKind: JsonValueKind.String } text when bool.TryParse(text.GetString(), out var flag): return flag;
            case { } other: Problem(name, $"is {Kind(other)}: true or false is expected"); return fallback;
        }
    }

    /// <summary>An integer, or a string that holds one (Druid takes both), of at least <paramref name="min"/>.</summary>
    public long? Integer(string name, long min)
    {
        if (Member(name) is not { } member) return null;
        var read = member.ValueKind switch
        {
            JsonValueKind.Number => member.TryGetInt64(out var number) ? number : (long?)null,
            JsonValueKind.String => long.TryParse(member.GetString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null,
            _ => null,
        };
        if (read is null) Problem(name, $"is {Kind(member)}: an integer is expected");
        else if (read < min) { Problem(name, $"is {read}: at least {min} is expected"); return null; }
        return read;
    }

    public int Integer(string name, int fallback, int min)
    {
        if (Integer(name, min) is not { } value) return fallback;
        if (value <= int.MaxValue) return (int)value;
        Problem(name, $"is {value}: at most {int.MaxValue} is expected");
        return fallback;
    }

    /// <summary>A number, or a string that holds one, that is finite and <paramref name="holds"/>.</summary>
    public double? Fraction(string name, Func<double, bool> holds, string expected)
    {
        if (Member(name) is not { } member) return null;
        var read = member.ValueKind switch
        {
            JsonValueKind.Number => member.GetDouble(),
            JsonValueKind.String => double.TryParse(member.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN,
            _ => double.NaN,
        };
        if (double.IsFinite(read) && holds(read)) return read;
        Problem(name, $"is {Kind(member)}: a number, {expected}, is expected");
        return null;
    }

    /// <summary>A time in milliseconds of at least <paramref name="min"/> and at most 36,500 days.</summary>
    public TimeSpan Millis(string name, long fallback, long min)
    {
        var millis = Integer(name, min) ?? fallback;
        if (millis <= (long)LongestPeriod.TotalMilliseconds) return TimeSpan.FromMilliseconds(millis);
        Problem(name, $"is {millis}: at most {(long)LongestPeriod.TotalMilliseconds} is expected");
        return TimeSpan.FromMilliseconds(fallback);
    }

    /// <summary>A period of at least <paramref name="min"/> and at most 36,500 days.</summary>
    public TimeSpan? Period(string name, TimeSpan min)
    {
        if (PeriodOrNever(name, min) is not { } period) return null;
        if (period <= LongestPeriod) return period;
        Problem(name, $"[{Text(name)}] is too long: at most P{LongestPeriod.Days}D is expected");
        return null;
    }

    /// <summary>As <see cref="Period"/>, but a longer one means never, as Druid's <c>P2147483647D</c> does: <see cref="TimeSpan.MaxValue"/>.</summary>
    public TimeSpan? PeriodOrNever(string name, TimeSpan min)
    {
        var text = Text(name);
        if (text is null) return null;
        if (!IsoPeriod.TryRead(text, out var period)) { Problem(name, $"[{text}] is not an ISO 8601 period of fixed length, such as PT1H"); return null; }
        if (period >= min) return period <= LongestPeriod ? period : TimeSpan.MaxValue;
        Problem(name, $"[{text}] is too short: at least {IsoPeriod.Write(min)} is expected");
        return null;
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => $"the string \"{Shorten(element.GetString()!)}\"",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => Shorten(element.GetRawText()),
    };

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
