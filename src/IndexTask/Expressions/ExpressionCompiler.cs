using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Makes an expression ready: names are bound, literal arguments read, constant parts computed.</summary>
internal sealed class ExpressionCompiler
{
    private const string Time = "__time";
    private static readonly RowScope NoRow = new(0);
    private readonly List<string> locals = [];

    /// <summary>What a <see cref="RowScope"/> for the expressions compiled so far must have room for.</summary>
    public int Locals { get; private set; }

    public Node Compile(Expression expression) => expression switch
    {
        Expression.Literal literal => new Node.Constant(literal.Value is null ? Value.Null : Value.OfField(literal.Value)),
        Expression.ArrayLiteral array => new Node.Constant(Value.Of(array.ElementType.ArrayType(), [.. array.Values])),
        Expression.Name name => Name(name.Text),
        Expression.Unary unary => Unary(unary.Operator, Compile(unary.Operand)),
        Expression.Binary binary => Binary(binary.Operator, Compile(binary.Left), Compile(binary.Right)),
        Expression.Call call => Folded(Call(call, [.. call.Arguments.Select(Compile)], out var arguments), arguments),
        Expression.Apply apply => Apply(apply),
        _ => throw new ArgumentException($"{expression} is unknown", nameof(expression)),
    };

    // The parameter of the innermost lambda of that name.
    private Node Name(string name) => locals.LastIndexOf(name) is >= 0 and var at ? new Node.Local(at) : name == Time ? new Node.Time() : new Node.Field(name);

    private static Node Unary(char symbol, Node operand) => Folded(symbol == '-' ? new Node.Negative(operand) : new Node.Not(operand), [operand]);

    private static Node Binary(string symbol, Node left, Node right) => Folded(symbol switch
    {
        "&&" => new Node.And(left, right),
        "||" => new Node.Or(left, right),
        "<" => new Node.Comparison(ComparisonKind.Less, left, right),
        "<=" => new Node.Comparison(ComparisonKind.LessOrEqual, left, right),
        ">" => new Node.Comparison(ComparisonKind.Greater, left, right),
        ">=" => new Node.Comparison(ComparisonKind.GreaterOrEqual, left, right),
        "==" => new Node.Comparison(ComparisonKind.Equal, left, right),
        "!=" => new Node.Comparison(ComparisonKind.NotEqual, left, right),
        _ => new Node.Arithmetic(symbol[0], left, right),
    }, [left, right]);

    private Node Apply(Expression.Apply apply)
    {
        Node[] arguments = [.. apply.Arguments.Select(Compile)];
        var at = locals.Count;
        locals.AddRange(apply.Parameters);
        Locals = Math.Max(Locals, locals.Count);
        var body = Compile(apply.Body);
        locals.RemoveRange(at, apply.Parameters.Length);
        return apply.Function == EachValue.Function ? new EachNode(at, body, arguments) : new LambdaNode(apply.Function, at, body, arguments);
    }

    private static Node Call(Expression.Call call, Node[] nodes, out Node[] arguments)
    {
        arguments = nodes;
        if (ConditionFunctions.Lazy.TryGetValue(call.Function, out var lazy))
            return new Node.Lazy(lazy, nodes);
        if ((Find(call.Function, MathFunctions.Unary, StringFunctions.Unary, ConditionFunctions.Unary, ArrayFunctions.Unary, AddressFunctions.Unary) ?? WithLiterals(call)) is { } unary)
            return new Node.Function1(unary, nodes[0]);
        if (Find(call.Function, MathFunctions.Binary, StringFunctions.Binary, ConditionFunctions.Binary, ArrayFunctions.Binary) is { } binary)
            return new Node.Function2(binary, nodes[0], nodes.Length > 1 ? nodes[1] : new Node.Constant(Value.Of(" "))); // without its second argument trim trims spaces
        if (StringFunctions.Ternary.TryGetValue(call.Function, out var ternary))
            return new Node.Function3(ternary, nodes[0], nodes[1], nodes[2]);
        return call.Function switch
        {
            "timestamp_shift" => new Node.Function2(TimeFunctions.Shift(call), nodes[0], nodes[2]),
            "subtract_months" => new Node.Function2(TimeFunctions.SubtractMonths(call), nodes[0], nodes[1]),
            "regexp_replace" => new Node.Function2(RegexFunctions.Replace(Text(call, 1)!), nodes[0], nodes[2]),
            "string_to_array" => new Node.Function2(RegexFunctions.Split(), nodes[0], nodes[1]),
            "pi" => new Node.Constant(Value.Of(Math.PI)),
            _ => new Node.FunctionN(OfAny(call.Function), nodes),
        };
    }

    private static Func<Value[], Value> OfAny(string function) => function switch
    {
        "round" => MathFunctions.Round,
        "parse_long" => MathFunctions.ParseLong,
        "greatest" => ConditionFunctions.Greatest,
        "least" => ConditionFunctions.Least,
        "concat" => StringFunctions.Concat,
        "strpos" => StringFunctions.Position,
        "format" => JavaFormat.Format,
        "array" => ArrayFunctions.Of,
        "array_slice" => ArrayFunctions.Slice,
        "human_readable_binary_byte_format" => arguments => ReadableNumber.Format(arguments, isBinary: true, "B"),
        "human_readable_decimal_byte_format" => arguments => ReadableNumber.Format(arguments, isBinary: false, "B"),
        "human_readable_decimal_format" => arguments => ReadableNumber.Format(arguments, isBinary: false, ""),
        _ => throw new ArgumentException($"{function} is unknown", nameof(function)),
    };

    // Functions of one value, whose other arguments are literals.
    private static Func<Value, Value>? WithLiterals(Expression.Call call)
    {
        switch (call.Function)
        {
            case "cast":
                ExpressionTypes.TryRead(Text(call, 1), out var type);
                return v => v.IsNull ? Value.Null : v.CastTo(type);
            case "like":
                var like = new LikePattern(Text(call, 1)!, Text(call, 2)?[0]);
                return v => v.AsText is { } text ? Value.Of(like.Matches(text)) : Value.NullOf(ExpressionType.Long);
            case "contains_string" or "icontains_string":
                var (wanted, comparison) = (Text(call, 1)!, call.Function[0] == 'i' ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
                return v => v.AsText is { } text ? Value.Of(text.Contains(wanted, comparison)) : Value.NullOf(ExpressionType.Long);
            case "regexp_like": return RegexFunctions.Like(Text(call, 1)!);
            case "regexp_extract": return RegexFunctions.Extract(Text(call, 1)!, call.Arguments.Length > 2 ? (int)(long)((Expression.Literal)call.Arguments[2]).Value! : 0);
            case "timestamp_floor" or "timestamp_ceil": return TimeFunctions.Floor(call, isCeiling: call.Function == "timestamp_ceil");
            case "timestamp_extract": return TimeFunctions.Extract(call);
            case "timestamp_format": return TimeFunctions.Format(call);
            case "timestamp_parse": return TimeFunctions.Parse(call);
            case "timestamp" or "unix_timestamp": return TimeFunctions.Timestamp(call);
            case "ipv4_match": return AddressFunctions.Match(Text(call, 1)!);
            default: return null;
        }
    }

    private static T? Find<T>(string function, params ReadOnlySpan<Dictionary<string, T>> tables)
        where T : class
    {
        foreach (var table in tables)
        {
            if (table.TryGetValue(function, out var found))
                return found;
        }

        return null;
    }

    private static string? Text(Expression.Call call, int at) => at < call.Arguments.Length && call.Arguments[at] is Expression.Literal { Value: string text } ? text : null;

    // What fails without a row fails with each: as a row's error, where it is counted.
    private static Node Folded(Node node, Node[] operands)
    {
        if (node is Node.Constant || !Array.TrueForAll(operands, o => o is Node.Constant))
            return node;
        try
        {
            return new Node.Constant(node.Eval(NoRow));
        }
        catch (ExpressionException)
        {
            return node;
        }
    }
}
