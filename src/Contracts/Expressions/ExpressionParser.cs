using System.Collections.Immutable;
using System.Globalization;

namespace Ingestion.Contracts.Expressions;

/// <summary>
/// Druid's grammar of expressions (Expr.g4) by recursive descent. From what binds closest: <c>-</c> and <c>!</c> before an operand, <c>^</c> from the right, <c>* / %</c>,
/// <c>+ -</c>, comparisons, and last <c>&amp;&amp;</c> and <c>||</c>, which are of one rank there.
/// </summary>
internal sealed class ExpressionParser
{
    /// <summary>Of parentheses, operators and calls in one another: what the stack of a reading thread holds many times over.</summary>
    public const int MaxHeight = 400;

    private static readonly string[][] Ranks = [["&&", "||"], ["<", "<=", ">", ">=", "==", "!="], ["+", "-"], ["*", "/", "%"]];
    private readonly List<ExpressionToken> tokens;
    private int at, depth;

    private ExpressionParser(string text) => tokens = ExpressionLexer.Split(text);

    private ExpressionToken Current => tokens[at];

    public static Expression Parse(string text)
    {
        var parser = new ExpressionParser(text);
        var parsed = parser.Operation(0);
        return parser.Current.Kind == TokenKind.End ? parsed : throw parser.Unexpected("an operator, or the end");
    }

    private Expression Operation(int rank)
    {
        if (rank == Ranks.Length) return Power();
        var left = Operation(rank + 1);
        while (Current.Kind == TokenKind.Symbol && Ranks[rank].Contains(Current.Text))
        {
            var symbol = tokens[at++];
            left = Checked(new Expression.Binary(symbol.Text, left, Operation(rank + 1)), symbol.At);
        }
        return left;
    }

    private Expression Power()
    {
        var left = Operand();
        if (!Is("^")) return left;
        var symbol = tokens[at++];
        Enter(symbol.At);
        var power = new Expression.Binary("^", left, Power());
        depth--;
        return Checked(power, symbol.At);
    }

    private Expression Operand()
    {
        var token = Current;
        Enter(token.At);
        var operand = token.Kind switch
        {
            TokenKind.Null => Literal(null),
            TokenKind.Text => Literal(token.Text),
            TokenKind.Long => Literal(Long(token)),
            TokenKind.Double => Literal(Double(token)),
            TokenKind.Name => Named(),
            TokenKind.Symbol => Symbol(),
            _ => throw Unexpected("an operand"),
        };
        depth--;
        return Checked(operand, token.At);
    }

    private Expression.Literal Literal(object? value)
    {
        at++;
        return new Expression.Literal(value);
    }

    private Expression Symbol()
    {
        var token = Current;
        switch (token.Text)
        {
            case "-" when tokens[at + 1] is { Kind: TokenKind.Long, Text: "9223372036854775808" }: // the one whose negative alone is a long
                at += 2;
                return new Expression.Literal(long.MinValue);
            case "-" or "!":
                at++;
                return new Expression.Unary(token.Text[0], Operand());
            case "(":
                at++;
                var nested = Operation(0);
                Take(")");
                return nested;
            case "[":
                return Array(null);
            case "<LONG>" or "ARRAY<LONG>":
                at++;
                return Array(ExpressionType.Long);
            case "<DOUBLE>" or "ARRAY<DOUBLE>":
                at++;
                return Array(ExpressionType.Double);
            case "<STRING>" or "ARRAY<STRING>":
                at++;
                return Array(ExpressionType.String);
            default:
                throw Unexpected("an operand");
        }
    }

    private Expression.ArrayLiteral Array(ExpressionType? type)
    {
        var start = Current.At;
        Take("[");
        List<object?> values = [];
        while (!Is("]"))
        {
            if (values.Count > 0) Take(",");
            var token = Current;
            values.Add(token.Kind switch
            {
                TokenKind.Null => null,
                TokenKind.Text => token.Text,
                TokenKind.Long => Long(token),
                TokenKind.Double => Double(token),
                _ => throw Unexpected("a literal, or ]"),
            });
            at++;
        }
        at++;
        type ??= values.TrueForAll(v => v is null or string) ? ExpressionType.String : values.TrueForAll(v => v is null or long) ? ExpressionType.Long : ExpressionType.Double;
        if (type != ExpressionType.String && values.Exists(v => v is string)) throw new ExpressionSyntaxException("an array of texts and numbers: write ARRAY<STRING>[...]", start);
        return new Expression.ArrayLiteral(type.Value, [.. values.Select(v => Element(v, type.Value))]);
    }

    private static object? Element(object? value, ExpressionType type) => (value, type) switch
    {
        (long number, ExpressionType.Double) => (double)number,
        (double number, ExpressionType.Long) => (long)number,
        (long number, ExpressionType.String) => number.ToString(CultureInfo.InvariantCulture),
        _ => value,
    };

    private Expression Named()
    {
        var name = tokens[at++];
        if (!Is("(")) return new Expression.Name(name.Text);
        at++;
        var lambda = Lambda();
        if (lambda is not null) Take(",");
        var arguments = Arguments();
        var function = name.Text.ToLowerInvariant();
        if (lambda is not { } given)
        {
            var call = new Expression.Call(function, arguments);
            return FunctionTable.Problem(call) is { } problem ? throw new ExpressionSyntaxException(problem, name.At) : call;
        }
        var apply = new Expression.Apply(function, given.Parameters, given.Body, arguments);
        return FunctionTable.Problem(apply) is { } wrong ? throw new ExpressionSyntaxException(wrong, name.At) : apply;
    }

    private (ImmutableArray<string> Parameters, Expression Body)? Lambda()
    {
        var from = at;
        List<string> parameters = [];
        if (Current.Kind == TokenKind.Name) parameters.Add(tokens[at++].Text);
        else if (Is("("))
        {
            at++;
            while (Current.Kind == TokenKind.Name && (parameters.Count == 0 || tokens[at - 1].Text == ","))
            {
                parameters.Add(tokens[at++].Text);
                if (Is(",")) at++;
            }
            if (Is(")")) at++;
        }
        if (at == from || !Is("->")) { at = from; return null; }
        at++;
        return ([.. parameters], Operation(0));
    }

    private ImmutableArray<Expression> Arguments()
    {
        var arguments = ImmutableArray.CreateBuilder<Expression>();
        if (Is(")")) { at++; return []; }
        arguments.Add(Operation(0));
        while (Is(",")) { at++; arguments.Add(Operation(0)); }
        Take(")");
        return arguments.ToImmutable();
    }

    private static long Long(ExpressionToken token) => long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new ExpressionSyntaxException($"{token.Text} does not fit into 64 bits", token.At);

    private static double Double(ExpressionToken token) => token.Text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        _ => double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private bool Is(string symbol) => Current.Kind == TokenKind.Symbol && Current.Text == symbol;

    private void Take(string symbol)
    {
        if (!Is(symbol)) throw Unexpected(symbol);
        at++;
    }

    private void Enter(int position)
    {
        if (++depth > MaxHeight) throw new ExpressionSyntaxException($"more than {MaxHeight} levels of nesting", position);
    }

    private static Expression Checked(Expression expression, int position) => expression.Height <= MaxHeight ? expression : throw new ExpressionSyntaxException($"more than {MaxHeight} levels of nesting", position);

    private ExpressionSyntaxException Unexpected(string expected) => new(Current.Kind == TokenKind.End ? $"the end, where {expected} is expected" : $"[{Current.Text}], where {expected} is expected", Current.At);
}
