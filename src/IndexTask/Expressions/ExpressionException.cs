namespace Ingestion.IndexTask.Expressions;

/// <summary>An expression has no value for this row: division by zero, text where a number must be. The row is unparseable.</summary>
internal sealed class ExpressionException(string message) : Exception(message);
