using System.Collections.Immutable;

namespace Ingestion.Contracts.Expressions;

/// <summary>An expression of Druid's native language, as it is written: what a transform or an expression filter computes of a row.</summary>
/// <param name="Height">Of the tree from here, 1 for a leaf.</param>
public abstract record Expression(int Height)
{
    /// <param name="Value">Null, <see cref="string"/>, <see cref="long"/> or <see cref="double"/>.</param>
    public sealed record Literal(object? Value) : Expression(1);

    /// <param name="ElementType">STRING, LONG or DOUBLE.</param>
    /// <param name="Values">Null, or of the type.</param>
    public sealed record ArrayLiteral(ExpressionType ElementType, ImmutableArray<object?> Values) : Expression(1);

    /// <summary>A field of the row, or a parameter of the lambda around it.</summary>
    public sealed record Name(string Text) : Expression(1);

    /// <param name="Operator"><c>-</c> or <c>!</c></param>
    public sealed record Unary(char Operator, Expression Operand) : Expression(Operand.Height + 1);

    public sealed record Binary(string Operator, Expression Left, Expression Right) : Expression(Math.Max(Left.Height, Right.Height) + 1);

    /// <param name="Function">In lower case.</param>
    public sealed record Call(string Function, ImmutableArray<Expression> Arguments) : Expression(Tallest(Arguments) + 1);

    /// <summary>A function that takes a lambda: <c>map((x) -> x + 1, a)</c>.</summary>
    public sealed record Apply(string Function, ImmutableArray<string> Parameters, Expression Body, ImmutableArray<Expression> Arguments) : Expression(Math.Max(Body.Height, Tallest(Arguments)) + 1);

    /// <summary>Reads an expression and checks what can be known without a row.</summary>
    /// <returns>Null: it is none that can be run, and the problem says why, and where from 0.</returns>
    public static Expression? TryParse(string text, out string problem)
    {
        try
        {
            problem = "";
            return ExpressionParser.Parse(text);
        }
        catch (ExpressionSyntaxException e)
        {
            problem = e.Message;
            return null;
        }
    }

    private static int Tallest(ImmutableArray<Expression> expressions) => expressions.Length == 0 ? 0 : expressions.Max(e => e.Height);
}
