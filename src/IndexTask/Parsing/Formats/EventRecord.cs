namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>A part of an event that can be read or not: a line, or the whole of it.</summary>
/// <param name="Rows">At least one, but for a record with a problem.</param>
/// <param name="Line">Of the event, from 1; 0 where lines do not count.</param>
/// <param name="IsBlended">The row has fields from elsewhere too, so that messages about its time no longer say where in the event it lies.</param>
internal readonly record struct EventRecord(IReadOnlyList<FieldValues> Rows, ParseProblem? Problem = null, int Line = 0, bool IsBlended = false)
{
    public static EventRecord Of(FieldValues row, int line = 0) => new([row], null, line);

    public static EventRecord Unparseable(string input, int line = 0) => new([], new ParseProblem(input, [$"Unable to parse row [{input}]"]), line);
}
