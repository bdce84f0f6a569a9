namespace Ingestion.IndexTask.Parsing;

public enum ParseOutcome
{
    /// <summary>The row is complete.</summary>
    Row,

    /// <summary>The row is to be kept; a value that could not be converted is null in it (Druid: processedWithError).</summary>
    RowWithErrors,

    /// <summary>There is no row: the event is not JSON or has no usable time.</summary>
    Unparseable,

    /// <summary>There is no row: the event is not wanted.</summary>
    ThrownAway,

    /// <summary>There is no row and nothing to be said about it: an event without lines.</summary>
    Nothing,
}

/// <summary>Druid's reasons, the keys of <c>thrownAwayByReason</c>.</summary>
public enum ThrownAwayReason
{
    None,

    /// <summary>Kafka's null, or a row that the filter of the transformSpec makes one of.</summary>
    Null,
    BeforeMinimumMessageTime,
    AfterMaximumMessageTime,
}

/// <summary>What became of an event, or of one of its rows.</summary>
/// <param name="Problem">With <see cref="ParseOutcome.RowWithErrors"/> and <see cref="ParseOutcome.Unparseable"/>.</param>
/// <param name="Reason">With <see cref="ParseOutcome.ThrownAway"/>.</param>
/// <param name="HasMore">The event has further rows: see <see cref="IEventParser.Next"/>.</param>
public readonly record struct ParseResult(ParseOutcome Outcome, ParseProblem? Problem = null, ThrownAwayReason Reason = ThrownAwayReason.None, bool HasMore = false);

/// <summary>What Druid's parse exception report says about an event.</summary>
/// <param name="Input">The event: its text, or <c>{field=value, ...}</c> when it is JSON.</param>
/// <param name="Details">Druid's messages.</param>
public sealed record ParseProblem(string Input, IReadOnlyList<string> Details)
{
    public bool Equals(ParseProblem? other) => other is not null && Input == other.Input && Details.SequenceEqual(other.Details);

    public override int GetHashCode() => Input.GetHashCode(StringComparison.Ordinal);
}
