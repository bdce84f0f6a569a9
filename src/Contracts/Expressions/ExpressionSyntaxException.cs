namespace Ingestion.Contracts.Expressions;

/// <summary>A text is no expression that can be run. It does not leave this folder.</summary>
internal sealed class ExpressionSyntaxException(string message, int at) : Exception($"{message}, at index {at}");
