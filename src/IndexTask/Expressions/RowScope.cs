using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Expressions;

/// <summary>What an expression sees: the fields of a row, its time, and the parameters of the lambdas around.</summary>
/// <param name="locals">Of all lambdas of an expression, which are never more than their depth.</param>
internal sealed class RowScope(int locals)
{
    public FieldValues Fields { get; set; } = null!;

    /// <summary>Epoch milliseconds.</summary>
    public long Time { get; set; }

    public Value[] Locals { get; } = new Value[locals];
}
