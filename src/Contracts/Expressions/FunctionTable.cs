using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Expressions;

/// <summary>The functions of expressions: how many arguments they take, and which of these must be literals, because what they say is read when the expression is.</summary>
public static class FunctionTable
{
    private const int Any = int.MaxValue;

    private static readonly Dictionary<string, Signature> Functions = Table(
        (0, 0, "pi"),
        (1, 1, "abs acos asin atan bitwiseComplement bitwiseConvertDoubleToLongBits bitwiseConvertLongBitsToDouble cbrt ceil cos cosh cot exp expm1 floor getExponent log log10 log1p nextUp rint signum sin sinh sqrt tan tanh toDegrees toRadians ulp"),
        (2, 2, "atan2 bitwiseAnd bitwiseOr bitwiseShiftLeft bitwiseShiftRight bitwiseXor copySign div hypot max min nextAfter pow remainder safe_divide scalb cast"),
        (1, 2, "round parse_long"),
        (3, 3, "if"), (2, Any, "case_searched"), (3, Any, "case_simple"), (2, 2, "nvl"), (1, Any, "coalesce"), (0, Any, "greatest least"),
        (1, 1, "isnull notnull istrue isfalse nottrue notfalse"), (2, 2, "isdistinctfrom notdistinctfrom"),
        (0, Any, "concat"), (1, Any, "format"), (1, 1, "strlen lower upper reverse decode_base64_utf8"), (2, 2, "left right repeat contains_string icontains_string regexp_like"), (3, 3, "substring replace lpad rpad regexp_replace"),
        (2, 3, "strpos like regexp_extract"), (1, 2, "trim ltrim rtrim human_readable_binary_byte_format human_readable_decimal_byte_format human_readable_decimal_format"),
        (1, 2, "timestamp unix_timestamp"), (2, 4, "timestamp_ceil timestamp_floor"), (2, 3, "timestamp_extract"), (1, 3, "timestamp_format timestamp_parse"), (3, 4, "timestamp_shift"), (3, 3, "subtract_months"),
        (1, Any, "array"), (1, 1, "array_length mv_to_array array_to_mv mv_harmonize_nulls"), (2, 3, "array_slice"),
        (2, 2, "array_append array_concat array_contains array_offset array_offset_of array_ordinal array_ordinal_of array_overlap array_prepend array_set_add array_set_add_all array_to_string scalar_in_array string_to_array"),
        (1, 1, "ipv4_parse ipv4_stringify"), (2, 2, "ipv4_match"));

    private static readonly Dictionary<string, int> Lambdas = new(StringComparer.Ordinal) { ["map"] = 1, ["filter"] = 1, ["any"] = 1, ["all"] = 1, ["fold"] = 2 };

    /// <summary>In lower case, in order.</summary>
    public static IEnumerable<string> Names => Functions.Keys.Concat(Lambdas.Keys).Order(StringComparer.Ordinal);

    /// <summary>Why a call cannot be run; null when it can.</summary>
    internal static string? Problem(Expression.Call call)
    {
        if (Lambdas.ContainsKey(call.Function)) return $"{call.Function} takes a lambda first: {call.Function}((x) -> ..., array)";
        if (!Functions.TryGetValue(call.Function, out var signature)) return Unknown(call.Function);
        var count = call.Arguments.Length;
        if (count < signature.Least || count > signature.Most) return $"{call.Function} takes {signature}, not {count}";
        return LiteralProblem(call) is { } problem ? $"{call.Function}: {problem}" : null;
    }

    internal static string? Problem(Expression.Apply apply)
    {
        if (!Lambdas.TryGetValue(apply.Function, out var parameters)) return Functions.ContainsKey(apply.Function) ? $"{apply.Function} takes no lambda" : Unknown(apply.Function);
        if (apply.Parameters.Length != parameters) return $"{apply.Function} takes a lambda of {parameters} parameter{(parameters == 1 ? "" : "s")}, not {apply.Parameters.Length}";
        return apply.Arguments.Length == parameters ? null : $"{apply.Function} takes {parameters} argument{(parameters == 1 ? "" : "s")} behind the lambda, not {apply.Arguments.Length}";
    }

    private static string Unknown(string function) => $"function [{function}] is not supported: use one of {string.Join(", ", Names)}";

    private static string? LiteralProblem(Expression.Call call) => call.Function switch
    {
        "cast" => Text(call, 1, "a type") ?? (ExpressionTypes.TryRead(TextAt(call, 1), out _) ? null : $"[{TextAt(call, 1)}] is no type: use one of STRING, LONG, DOUBLE, ARRAY<STRING>, ARRAY<LONG>, ARRAY<DOUBLE>"),
        "timestamp_floor" or "timestamp_ceil" => Period(call) ?? Origin(call, 2) ?? Zone(call, 3),
        "timestamp_shift" => Period(call) ?? Zone(call, 3),
        "timestamp_extract" => Unit(call) ?? Zone(call, 2),
        "timestamp_format" => Pattern(call, isRead: false) ?? Zone(call, 2),
        "timestamp_parse" => Pattern(call, isRead: true) ?? Zone(call, 2),
        "timestamp" or "unix_timestamp" => Pattern(call, isRead: true),
        "subtract_months" => Zone(call, 2),
        "like" => Text(call, 1, "a pattern") ?? (call.Arguments.Length > 2 && TextAt(call, 2) is not { Length: 1 } ? "the escape must be a literal of one character" : null),
        "regexp_like" or "regexp_replace" => Regex(call),
        "regexp_extract" => Regex(call) ?? (call.Arguments.Length > 2 && call.Arguments[2] is not Expression.Literal { Value: long } ? "the number of the group must be a literal" : null),
        "contains_string" or "icontains_string" => Text(call, 1, "the text that is looked for"),
        "ipv4_match" => Text(call, 1, "a subnet") ?? (Ipv4Subnet.TryRead(TextAt(call, 1), out _) ? null : $"[{TextAt(call, 1)}] is no subnet, such as 10.0.0.0/8"),
        "mv_to_array" when call.Arguments[0] is not Expression.Name => "a field is expected: use array for values",
        _ => null,
    };

    private static string? TextAt(Expression.Call call, int at) => at < call.Arguments.Length && call.Arguments[at] is Expression.Literal { Value: string text } ? text : null;

    private static string? Text(Expression.Call call, int at, string what) => TextAt(call, at) is null ? $"{what} must be a text, and a literal" : null;

    private static string? Period(Expression.Call call) =>
        Text(call, 1, "a period") ?? (CalendarPeriod.TryParse(TextAt(call, 1), out var period) && !period.IsZero ? null : $"[{TextAt(call, 1)}] is no ISO 8601 period, such as P1D or PT15M");

    private static string? Origin(Expression.Call call, int at)
    {
        if (at >= call.Arguments.Length || call.Arguments[at] is Expression.Literal { Value: null or long }) return null;
        return Text(call, at, "the origin") ?? (IsoText.TryRead(System.Text.Encoding.UTF8.GetBytes(TextAt(call, at)!), allowSpace: false, out _) ? null : $"[{TextAt(call, at)}] is no ISO 8601 time");
    }

    private static string? Zone(Expression.Call call, int at)
    {
        if (at >= call.Arguments.Length || call.Arguments[at] is Expression.Literal { Value: null }) return null;
        return Text(call, at, "a time zone") ?? (ZoneRules.TryFind(TextAt(call, at)!, out _) ? null : $"[{TextAt(call, at)}] is no time zone");
    }

    private static string? Unit(Expression.Call call) =>
        Text(call, 1, "a unit") ?? (Enum.TryParse<TimeUnit>(TextAt(call, 1), ignoreCase: true, out _) ? null : $"[{TextAt(call, 1)}] is no unit: use one of {string.Join(", ", Enum.GetNames<TimeUnit>()).ToUpperInvariant()}");

    private static string? Pattern(Expression.Call call, bool isRead)
    {
        if (call.Arguments.Length < 2 || call.Arguments[1] is Expression.Literal { Value: null }) return null;
        if (Text(call, 1, "a pattern") is { } problem) return problem;
        var pattern = TextAt(call, 1)!;
        return (isRead ? JodaPattern.TryParse(pattern, out _, out var wrong) : JodaPrinter.TryParse(pattern, out _, out wrong)) ? null : $"[{pattern}] is no pattern of Joda-Time's: {wrong}";
    }

    private static string? Regex(Expression.Call call)
    {
        if (Text(call, 1, "a regular expression") is { } problem) return problem;
        return JavaRegex.TryPart(TextAt(call, 1)!, out var wrong) is null ? $"[{TextAt(call, 1)}] is not a regular expression that can be matched: {wrong}" : null;
    }

    private static Dictionary<string, Signature> Table(params (int Least, int Most, string Names)[] rows) =>
        rows.SelectMany(r => r.Names.Split(' ').Select(n => (Name: n.ToLowerInvariant(), Signature: new Signature(r.Least, r.Most)))).ToDictionary(f => f.Name, f => f.Signature, StringComparer.Ordinal);

    private sealed record Signature(int Least, int Most)
    {
        public override string ToString() => Most == Any ? $"{Least} arguments or more" : Least == Most ? $"{Least} argument{(Least == 1 ? "" : "s")}" : $"{Least} to {Most} arguments";
    }
}
