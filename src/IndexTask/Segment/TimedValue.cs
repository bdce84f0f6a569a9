namespace Ingestion.IndexTask.Segment;

/// <summary>What a first or last aggregator keeps in a row.</summary>
/// <param name="Time">That the value was chosen by, epoch milliseconds as a rule; an extreme number where there was no value yet.</param>
/// <param name="Value">Long, float, double, string or null.</param>
public sealed record TimedValue(long Time, object? Value);
